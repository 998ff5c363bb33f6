// Waiting for conditions.

/** Longest wait for one thing to happen on a slow machine. */
export const PATIENCE = 30_000;

/** The first truthy result of `condition`; a throw counts as not yet. */
export async function until(what, condition, patience = PATIENCE) {
  const deadline = Date.now() + patience;
  let reason = "";
  do {
    try {
      const result = await condition();
      if (result) return result;
      reason = "";
    } catch (error) {
      reason = ` (${error.message})`;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() < deadline);
  throw new Error(`Waited ${patience / 1000} s in vain: ${what}${reason}`);
}

/** Until the page has drawn what it knows now. */
export function frames(page) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
