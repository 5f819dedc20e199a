import type { SlackMessage } from "@bedrock-governor/notices/slack-message";
import { noticeIcon } from "./notice-icons.ts";

type Block = NonNullable<SlackMessage["blocks"]>[number];
type RichTextPart = Extract<Block, { type: "rich_text" }>["elements"][number];

/** A message as a page that looks about as it does in Slack's window: what Slack makes of our JSON, and nothing of ours. */
export function noticePage({ blocks = [] }: SlackMessage): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><style>${STYLES}</style>
<article><div class="app">BG</div><div class="said"><p class="who"><b>Bedrock Governor</b> <i>APP</i> <time>11:32</time></p>
${blocks.map(blockHtml).join("\n")}
</div></article></html>`;
}

function blockHtml(block: Block): string {
  switch (block.type) {
    case "header":
      return `<h1>${withIcons(block.text.text)}</h1>`;
    case "context":
      return `<p class="context">${block.elements.map((one) => (one.type === "plain_text" ? withIcons(one.text) : "")).join(" ")}</p>`;
    case "rich_text":
      return `<div class="rich">${block.elements.map(partHtml).join("")}</div>`;
    default:
      throw new Error(`no picture of ${block.type}`);
  }
}

function partHtml(part: RichTextPart): string {
  switch (part.type) {
    case "rich_text_section":
      return `<p>${part.elements.map((one) => (one.type === "text" ? textHtml(one) : "")).join("")}</p>`;
    case "rich_text_preformatted":
      return `<pre>${part.elements.map((one) => (one.type === "text" ? escaped(one.text) : "")).join("")}</pre>`;
    default:
      throw new Error(`no picture of ${part.type}`);
  }
}

function textHtml({
  text,
  style,
}: {
  readonly text: string;
  readonly style?: { bold?: boolean; code?: boolean };
}): string {
  const inner = withIcons(text);
  if (style?.code) return `<code>${inner}</code>`;
  return style?.bold ? `<b>${inner}</b>` : inner;
}

/** Slack draws its own emoji, whatever fonts there are. */
const withIcons = (text: string): string =>
  escaped(text).replace(/\p{RGI_Emoji}/gv, (emoji) => noticeIcon(emoji) ?? emoji);

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STYLES = `
body{margin:0;background:#fff;color:#1d1c1d;font:15px/1.46668 Lato,"Helvetica Neue",Arial,"Liberation Sans",sans-serif}
article{display:flex;gap:8px;padding:10px 14px 12px;width:632px;box-sizing:border-box}
.app{flex:none;width:36px;height:36px;border-radius:6px;background:#1a4a5a;color:#fff;font-weight:700;display:grid;place-items:center}
.said{min-width:0;flex:1}
p,h1,pre{margin:0}
.who b{font-weight:900}
.who i{font:700 10px/1 Arial,sans-serif;background:#e8e8e8;color:#616061;border-radius:2px;padding:2px 4px;vertical-align:2px}
.who time{font-size:12px;color:#616061}
h1{font-size:18px;line-height:1.33;font-weight:900;margin:6px 0 2px;overflow-wrap:anywhere}
.rich p{white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0}
pre{font:12px/1.5 Monaco,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:#f8f8f8;border:1px solid #ddd;border-radius:4px;padding:8px;margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:12px/1.5 Monaco,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:#f6f6f6;border:1px solid #ddd;border-radius:3px;padding:1px 3px;color:#c01343}
.context{font-size:13px;color:#616061;overflow-wrap:anywhere;margin-top:6px}
svg{width:1.2em;height:1.2em;vertical-align:-.22em}
`;
