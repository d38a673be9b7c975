import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from './run-cli.ts';

const shim = fileURLToPath(new URL('../../bin/mailmart.js', import.meta.url));
const canary = 'canary6789abcdef0123456789abcdef-us1';

/** `script` of util-linux gives the command a terminal; each answer is typed when its question stands there. */
it.runIf(process.platform === 'linux')('init asks on a terminal and never shows the key', async () => {
  const folder = temporaryFolder();
  const command = `stty cols 100 rows 40; exec ${process.execPath} ${shim} init`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folder.path,
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
  });
  const answers: readonly (readonly [string, string])[] = [
    ['Name of the company', 'Acme'],
    ['Reporting time zone', ''],
    ['Reporting currency', ''],
    ['Which source', '\u001B[B'],
    ['Your name of this account', ''],
    ['Where is the key', '\u001B[B'],
    ['not shown', canary],
  ];
  let screen = '';
  let read = 0;
  let next = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const answer = answers[next];
    if (answer === undefined || !stripVTControlCharacters(screen).slice(read).includes(answer[0])) return;
    read = stripVTControlCharacters(screen).length;
    next += 1;
    // The prompt listens a moment after it is drawn.
    setTimeout(() => child.stdin.write(`${answer[1]}\r`), 150);
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  try {
    expect({ code, asked: next, screen: code === 0 ? '' : screen }).toEqual({
      code: 0,
      asked: answers.length,
      screen: '',
    });
    expect(screen).not.toContain(canary);
    const config = readFileSync(join(folder.path, 'mailmart.yaml'), 'utf8');
    expect(config).toContain('"${file:.mailmart/secrets/mailchimp}"');
    expect(config).not.toContain(canary);
    expect(readFileSync(join(folder.path, '.mailmart/secrets/mailchimp'), 'utf8')).toBe(canary);
  } finally {
    folder.remove();
  }
});
