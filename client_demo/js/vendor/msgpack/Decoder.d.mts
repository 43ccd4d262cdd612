import type { CachedKeyDecoder } from "./CachedKeyDecoder.mjs";

/** As much of the class as we use; ours, beside the package's own files. */
export declare class Decoder {
  constructor(options: {
    maxStrLength: number;
    maxBinLength: number;
    maxArrayLength: number;
    maxMapLength: number;
    maxExtLength: number;
    keyDecoder: CachedKeyDecoder;
  });
  decode(bytes: ArrayBuffer): unknown;
}
