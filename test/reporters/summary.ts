import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends every run with `N passed, N failed` alone on a line, fails a run in which no test ran, and, where the official
 * API descriptions must be present (CI), one in which a test was skipped.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    const skipped: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (!module.ok() && !tests.some((test) => test.result().state === 'failed')) failed += 1;
      for (const test of tests) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
    }
    for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
    if (skipped.length > 0 && process.env['MAILMART_REQUIRE_SPECS'] === '1') {
      process.stdout.write('A skipped test is a failure here: see MAILMART_SHARED in the README.\n');
      failed += skipped.length;
    }
    if (passed + failed === 0) {
      process.stdout.write('No test ran.\n');
      failed = 1;
    }
    if (failed > 0) process.exitCode = 1;
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
