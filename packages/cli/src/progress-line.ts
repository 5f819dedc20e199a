/** Tells how far something is on one line of stderr, to someone who watches it on a terminal. */
export function progressLine(what: string): { show(share: number): void; clear(): void } {
  if (!process.stderr.isTTY) return { show: () => {}, clear: () => {} };
  let shown = "";
  const write = (text: string) => {
    if (text === shown) return;
    shown = text;
    process.stderr.write(`\r\u001b[K${text}`);
  };
  return {
    show: (share) => write(`${what}: ${Math.round(share * 100)} %`),
    clear: () => write(""),
  };
}
