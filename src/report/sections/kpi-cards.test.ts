import { expect, test } from 'vitest';
import { columnsFor } from './kpi-cards.ts';

test('no card stands alone on a line where another number of columns prevents it', () => {
  for (let count = 2; count <= 40; count += 1) {
    for (const most of [3, 4]) {
      const columns = columnsFor(count, most);
      const isAlone = count > columns && count % columns === 1;
      const canBeHelped = Array.from({ length: most - 1 }, (_, index) => index + 2).some(
        (tried) => count % tried !== 1,
      );
      expect([count, most, isAlone && canBeHelped]).toEqual([count, most, false]);
    }
  }
  expect([columnsFor(5, 4), columnsFor(8, 4), columnsFor(4, 3)]).toEqual([3, 4, 2]);
});
