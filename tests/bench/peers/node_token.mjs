// The token with what Node.js brings along: URL PASSWORD-FILE.
import { readFileSync } from 'node:fs'

const [url, file] = process.argv.slice(2)
const body = new URLSearchParams({
  grant_type: 'password', client_id: 'app', username: 'alice', password: readFileSync(file, 'utf8'), scope: 'read'
})
const response = await fetch(url, { method: 'POST', body, headers: { accept: 'application/json' } })
if (!response.ok) throw new Error(`status ${response.status}`)
console.log((await response.json()).access_token)
