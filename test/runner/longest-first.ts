import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begins of files that take longest, longest first: begun last, one would keep one core busy while the other waits. */
const longest = [
  'test/bigquery/parity',
  'test/faults/kill',
  'test/truth/planted',
  'test/e2e/report',
  'test/e2e/pipeline',
  'test/truth/money',
  'test/faults/source',
  'test/faults/bad-input',
  'test/bigquery/transform',
  'test/truth/truth',
  'test/e2e/cli-demo',
  'test/cli/run',
  'test/sql/late-events',
  'test/truth/adversarial',
  'test/bigquery/migrate',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((begin) => moduleId.includes(begin));
      return place === -1 ? longest.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
