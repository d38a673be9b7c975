import { createReadStream } from 'node:fs';
import { createZstdDecompress } from 'node:zlib';
import { landingFailure } from './durable-file.ts';

/** Lines of a local part, without their line breaks. */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const plain = createZstdDecompress();
  file.on('error', (error) => plain.destroy(error));
  try {
    yield* linesOf(file.pipe(plain).setEncoding('utf8'));
  } catch (error) {
    throw landingFailure(error, `Could not read ${path}`);
  } finally {
    file.destroy();
    plain.destroy();
  }
}

/** Lines of a text that comes in pieces. (Not readline: it takes U+2028 for a line break, which records may hold.) */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
