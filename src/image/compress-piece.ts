/** One piece of a layer, compressed as a whole member or frame of its own. */

export interface Piece {
  readonly codec: "gzip" | "zstd";
  readonly level: number;
  readonly bytes: Uint8Array;
}

type Zstd = typeof import("@bokuweb/zstd-wasm");
let loading: Promise<Zstd> | undefined;

async function loadZstd(): Promise<Zstd> {
  const zstd = await import("@bokuweb/zstd-wasm");
  await zstd.init();
  return zstd;
}

export async function compressPiece({ codec, level, bytes }: Piece): Promise<Uint8Array> {
  if (codec === "gzip") return (await import("libdeflate")).gzip(bytes, level);
  loading ??= loadZstd();
  return (await loading).compress(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), level);
}
