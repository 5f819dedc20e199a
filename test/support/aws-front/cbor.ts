/** A text of at most 65,535 bytes. @see https://www.rfc-editor.org/rfc/rfc8949.html#section-3.1 */
export function cborText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x79, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** Reads what the SDK sends: everything has its length before it. */
export function readCbor(bytes: Buffer): unknown {
  let at = 0;
  function take(length: number): Buffer {
    at += length;
    return bytes.subarray(at - length, at);
  }

  function number(bits: number): number {
    if (bits < 24) return bits;
    return bits === 27 ? Number(take(8).readBigUInt64BE()) : take(2 ** (bits - 24)).readUIntBE(0, 2 ** (bits - 24));
  }

  function simple(bits: number): unknown {
    if (bits === 26) return take(4).readFloatBE();
    if (bits === 27) return take(8).readDoubleBE();
    return { 20: false, 21: true }[bits];
  }

  function item(): unknown {
    const [first = 0] = take(1);
    const [major, bits] = [first >> 5, first & 0x1f];
    if (bits > 27) throw new Error("CBOR without a length is not known here");
    if (major === 7) return simple(bits);
    const value = number(bits);
    switch (major) {
      case 0:
        return value;
      case 1:
        return -1 - value;
      case 2:
        return take(value);
      case 3:
        return take(value).toString();
      case 4:
        return Array.from({ length: value }, item);
      case 5:
        return Object.fromEntries(Array.from({ length: value }, () => [item(), item()]));
      default:
        // A tag says what the next item means: of a number, that it is a time.
        return item();
    }
  }

  return item();
}
