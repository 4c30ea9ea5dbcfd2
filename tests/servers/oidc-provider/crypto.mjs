// node:crypto with what Debian 12's Node 18 lacks of it.
import * as crypto from 'node:crypto';

export * from 'node:crypto';
export { default } from 'node:crypto';
export const hash = (algorithm, data, encoding = 'hex') => {
  const digest = crypto.createHash(algorithm).update(data).digest();
  return encoding === 'buffer' ? digest : digest.toString(encoding);
};
