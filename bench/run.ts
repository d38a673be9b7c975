import { parseArgs } from 'node:util';
import { tableOf, unmeasured, type Bar } from './bars.ts';
import { describeLoad, describeMachine } from './machine.ts';
import { cleanUp } from './processes.ts';
import { scenarios } from './scenarios.ts';

const usage = `node bench/run.ts [--only name]... [--runs 3] [--scale 1] [--json]

Scenarios:
${scenarios.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}

Ends with 1 when a bar is missed.
`;

function parse() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        runs: { type: 'string', default: '3' },
        scale: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

const { values } = parse();

if (values.help) {
  console.log(usage);
} else {
  const wanted = values.only ?? scenarios.map(({ name }) => name);
  const unknown = wanted.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  const [runs, scale] = [Number(values.runs), Number(values.scale)];
  const mistake =
    unknown.length > 0
      ? `There is no scenario ${unknown.join(', ')}.`
      : !Number.isInteger(runs) || runs < 1
        ? `--runs ${values.runs}: expected a whole number from 1.`
        : !(scale > 0 && scale <= 10)
          ? `--scale ${values.scale}: expected a number above 0, 10 at most.`
          : undefined;
  if (mistake === undefined) {
    process.exitCode = await measure(wanted, runs, scale);
  } else {
    console.error(`${mistake}\n\n${usage}`);
    process.exitCode = 2;
  }
}

async function measure(wanted: readonly string[], runs: number, scale: number): Promise<number> {
  let isLeaving = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Some send it twice: to us, and to our group. What is being cleaned up is not to be cut short.
    process.on(signal, () => {
      if (isLeaving) return;
      isLeaving = true;
      void cleanUp().finally(() => process.exit(130));
    });
  }
  const machine = [...describeMachine(), `load      ${describeLoad()} before`];
  const bars: Bar[] = [];
  try {
    for (const { name, about, run } of scenarios.filter((scenario) => wanted.includes(scenario.name))) {
      const tell = (text: string): void => console.error(`${name}: ${text}`);
      tell(about);
      try {
        bars.push(...(await run({ runs, scale, tell })));
      } catch (error) {
        // The others can still be measured.
        tell(error instanceof Error ? error.message : String(error));
        bars.push(unmeasured(name));
      }
    }
  } finally {
    await cleanUp();
  }
  machine.push(`          ${describeLoad()} after`, `runs      ${runs}, medians; ${scale} × the volume`);
  const missed = bars.filter(({ isMet }) => !isMet);
  if (values.json) console.log(JSON.stringify({ machine, runs, scale, bars }, undefined, 2));
  else console.log(`${tableOf(bars)}\n${machine.join('\n')}`);
  for (const { scenario, what, measured, limit } of missed) {
    console.error(`missed: ${scenario}, ${what}: ${measured}, limit ${limit}`);
  }
  return missed.length === 0 ? 0 : 1;
}
