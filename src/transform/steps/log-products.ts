/** Of a sum of logarithms taken as the logarithm of a product: whether a double may not hold one factor more. */
export const isExtreme = (product: number): boolean => product < 1e-150 || product > 1e150;
