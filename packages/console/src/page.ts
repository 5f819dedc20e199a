import { html, markup } from "./html.ts";
import type { ConsoleState } from "./state.ts";
import { styles } from "./styles.ts";
import { view } from "./view.ts";

export interface PageOptions {
  /** The host's own script, such as `LIVE_SCRIPT`; trusted text, put in as it stands. */
  readonly script?: string;
  /** Unguessable and new for each answer; goes into `contentSecurityPolicy` too. */
  readonly nonce: string;
}

/** The view as a document of its own. */
export function page(state: ConsoleState, { script, nonce }: PageOptions): string {
  const title = markup(html`Bedrock Governor: ${state.stage}`);
  const attribute = markup(html` nonce="${nonce}"`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="same-origin">
<link rel="icon" href="data:,">
<title>${title}</title>
<style${attribute}>
body{margin:0}
body>main>.bg-governor{min-height:100vh}
${styles}
</style>
</head>
<body>
<noscript><p>Without its script this page shows one moment and does not go on by itself: load it again to see the next.</p></noscript>
<main id="view">${view(state)}</main>
${script === undefined ? "" : `<script${attribute}>${script}</script>\n`}</body>
</html>
`;
}

/** What the page may do, to be sent as its header: nothing is fetched from elsewhere, and nobody may frame it. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "img-src data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
