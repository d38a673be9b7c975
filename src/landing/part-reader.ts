import { createReadStream } from 'node:fs';
import { createZstdDecompress } from 'node:zlib';
import { landingFailure } from './durable-file.ts';

/** Lines of a part, without their line breaks. (Not readline: it takes U+2028 for a line break, which records may hold.) */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const plain = createZstdDecompress();
  file.on('error', (error) => plain.destroy(error));
  let rest = '';
  try {
    for await (const chunk of file.pipe(plain).setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    throw landingFailure(error, `Could not read ${path}`);
  } finally {
    file.destroy();
    plain.destroy();
  }
  if (rest !== '') yield rest;
}
