import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdtempSync, rmSync } from 'node:fs';
const seconds = Number(process.argv[2] ?? 10);
const flags = process.argv.slice(3);
const run = (args: string[]) => {
  const c = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const it = createInterface({ input: c.stdout })[Symbol.asyncIterator]();
  return { c, next: async () => JSON.parse((await it.next()).value) };
};
const dir = mkdtempSync('/tmp/mmb-');
const s = run(['/work/wt/recv/bench/posts.ts']);
const { publicKey } = await s.next();
const r = run([...flags, '/work/wt/recv/bench/receiver.ts', `--project=${dir}`, `--key=${publicKey}`]);
const { address } = await r.next();
s.c.stdin.write(JSON.stringify({ address, seconds }) + '\n');
const sent = await s.next();
r.c.stdin.write('stop\n');
const took = await r.next();
console.log(
  sent,
  took,
  'ms cpu/post',
  (took.cpuSeconds / sent.posts) * 1000,
  'rate',
  (sent.posts / sent.wallMs) * 1000,
);
rmSync(dir, { recursive: true });
process.exit(0);
