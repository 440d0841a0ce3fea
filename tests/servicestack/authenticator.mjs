// What a user has on a phone: RFC 6238 with SHA-1, six digits and steps of 30 seconds.

import { createHmac } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function bytesOf(base32) {
  const bits = [...base32].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'))
  const bytes = bits.join('').match(/.{8}/g)
  return Buffer.from(bytes.map((byte) => parseInt(byte, 2)))
}

export function step() {
  return Math.floor(Date.now() / 30_000)
}

export function codeOf(setupCode, atStep) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(atStep))
  const tag = createHmac('sha1', bytesOf(setupCode)).update(counter).digest()
  const number = tag.readUInt32BE(tag[19] & 0xf) & 0x7fff_ffff
  return String(number % 1_000_000).padStart(6, '0')
}
