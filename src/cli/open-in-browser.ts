import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** Opens a file in the person's browser; false where there is none to start. */
export function openInBrowser(file: string): Promise<boolean> {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  return new Promise((done) => {
    const child = spawn(program, [pathToFileURL(file).href], { stdio: 'ignore', detached: true });
    child.once('error', () => done(false));
    child.once('exit', (code) => done(code === 0));
    // Some openers stay as long as the browser does.
    setTimeout(() => done(true), 2000).unref();
    child.unref();
  });
}
