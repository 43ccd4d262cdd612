/** As much of the class as we use; ours, beside the package's own files. */
export declare class CachedKeyDecoder {
  canBeCached(byteLength: number): boolean;
  decode(bytes: Uint8Array, offset: number, byteLength: number): string;
}
