import type { Reporter, TestModule } from 'vitest/node';

/** How many of the slowest files are named. */
const slowestFiles = 12;

/**
 * Ends every run with what a reader of its last lines needs: the slowest files, what was skipped, what failed and why, and
 * `N passed, N failed` alone on a line. Fails a run in which no test ran, and, where the official API descriptions must be
 * present (CI), one in which a test was skipped.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let skipped = 0;
    const failed: string[] = unhandledErrors.map((error) => `outside of tests: ${messageOf(error)}`);
    const say = (line: string): void => void process.stdout.write(`${line}\n`);
    for (const line of slowest(modules)) say(line);
    for (const module of modules) {
      const name = module.relativeModuleId;
      const tests = [...module.children.allTests()];
      const of = (state: string) => tests.filter((test) => test.result().state === state);
      const failures = of('failed');
      for (const test of failures) failed.push(`${name} > ${test.fullName}: ${messageOf(test.result().errors?.[0])}`);
      // A hook that fails leaves its tests skipped.
      const hooks = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
      for (const error of hooks) failed.push(`${name}, outside of its tests: ${messageOf(error)}`);
      if (!module.ok() && failures.length + hooks.length === 0) failed.push(`${name}: no test ran to its end`);
      passed += of('passed').length;
      const left = of('skipped').length;
      if (left > 0) say(`skipped: ${left} of ${tests.length} tests of ${name}`);
      skipped += left;
    }
    if (skipped > 0 && process.env['MAILMART_REQUIRE_SPECS'] === '1') {
      failed.push(`${skipped} skipped tests, which are failures here: see MAILMART_SHARED in the README`);
    }
    if (passed + failed.length === 0) failed.push('No test ran.');
    for (const line of failed) say(`failed: ${line}`);
    if (failed.length > 0) process.exitCode = 1;
    say(`\n${passed} passed, ${failed.length} failed`);
  }
}

function slowest(modules: readonly TestModule[]): readonly string[] {
  return modules
    .map((module) => ({ name: module.relativeModuleId, ms: module.diagnostic().duration }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, slowestFiles)
    .map(({ name, ms }) => `${(ms / 1000).toFixed(0).padStart(5)} s  ${name}`);
}

function messageOf(error: unknown): string {
  const message = error instanceof Object && 'message' in error ? String(error.message) : String(error);
  return message.split('\n', 1)[0]?.slice(0, 200) ?? '';
}
