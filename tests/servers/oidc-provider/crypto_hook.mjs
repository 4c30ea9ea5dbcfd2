// Lets whoever asks for node:crypto have crypto.mjs.
const ours = new URL('crypto.mjs', import.meta.url).href;

export function resolve(specifier, context, next) {
  const theirs = specifier === 'node:crypto' && context.parentURL !== ours;
  return theirs ? { url: ours, shortCircuit: true } : next(specifier, context);
}
