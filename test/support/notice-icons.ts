/** Plain drawings in place of Slack's own emoji, in a square of 24. */
const DRAWINGS: Readonly<Record<string, string>> = {
  "⚠️": '<path d="M12 2 23 22H1Z" fill="#f5b82e"/><path d="M11 9h2v7h-2zm0 8.500h2v2h-2z" fill="#222"/>',
  "⛔": '<circle cx="12" cy="12" r="11" fill="#d6294b"/><path d="M5 10h14v4H5z" fill="#fff"/>',
  "✅": '<rect x="1" y="1" width="22" height="22" rx="4" fill="#2eab5a"/><path d="m6 12 4 5 8-10" fill="none" stroke="#fff" stroke-width="3"/>',
  "👀": '<g fill="#fff" stroke="#444"><ellipse cx="7" cy="12" rx="5" ry="8"/><ellipse cx="17" cy="12" rx="5" ry="8"/></g><circle cx="6" cy="14" r="2.500"/><circle cx="16" cy="14" r="2.500"/>',
  "✋": '<g fill="#f5b82e" stroke="#b9821a"><path d="M7 12V5a1.500 1.500 0 0 1 3 0V3a1.500 1.500 0 0 1 3 0v2a1.500 1.500 0 0 1 3 0v3a1.500 1.500 0 0 1 3 0v7c0 5-3 7-6 7-4 0-6-3-9-9 1-2 3 0 3 0Z"/></g>',
  "🚨": '<path d="M5 18V12a7 7 0 0 1 14 0v6Z" fill="#d6294b"/><path d="M3 18h18v4H3z" fill="#667"/><path d="M12 1v2M3 4l2 2M21 4l-2 2" stroke="#f5b82e" stroke-width="2"/>',
  "🔧": '<path d="M3 21 14 10" stroke="#789" stroke-width="5" stroke-linecap="round"/><circle cx="16.500" cy="7.500" r="4.500" fill="none" stroke="#789" stroke-width="3.500" stroke-dasharray="22 7" stroke-dashoffset="-1"/>',
  "⚔️": '<path d="m3 3 15 15M21 3 6 18" stroke="#789" stroke-width="2.500"/><path d="m14 20 6-6M10 20l-6-6m14 4 4 4M6 18l-4 4" stroke="#8a5a2b" stroke-width="2.500"/>',
  "📝": '<path d="M4 2h14v20H4z" fill="#fff" stroke="#889"/><path d="M7 7h8M7 11h8M7 15h5" stroke="#99a"/><path d="m12 19 9-10" stroke="#f0a020" stroke-width="3"/>',
  "❌": '<path d="m4 4 16 16M20 4 4 20" stroke="#d6294b" stroke-width="5" stroke-linecap="round"/>',
  "🎚️": '<path d="M6 2v20M12 2v20M18 2v20" stroke="#889" stroke-width="2"/><path d="M3 14h6v4H3zm6-9h6v4H9zm6 6h6v4h-6z" fill="#345"/>',
  "🎫": '<path d="M1 6h22v4a2 2 0 0 0 0 4v4H1v-4a2 2 0 0 0 0-4Z" fill="#e9a23b"/><path d="M8 7v10" stroke="#fff" stroke-dasharray="2 2"/>',
  "⌛": '<path d="M5 1h14v3l-5 8 5 8v3H5v-3l5-8-5-8Z" fill="#e8eef2" stroke="#678"/><path d="M8 6h8l-4 6Zm-1 15 5-5 5 5Z" fill="#e9b44c"/>',
  "❓": '<path d="M7 8a5 5 0 1 1 7 4.500c-1.500.8-2 1.500-2 3.500" fill="none" stroke="#d6294b" stroke-width="3.500"/><circle cx="12" cy="20.500" r="2.200" fill="#d6294b"/>',
  "📏": '<path d="m2 17 15-15 5 5L7 22Z" fill="#f0c060" stroke="#a07820"/><path d="m6 13 2 2m1-5 2 2m1-5 2 2m1-5 2 2" stroke="#a07820"/>',
  "🗂️": '<path d="M2 5h7l2 3h11v13H2Z" fill="#f0c060" stroke="#a07820"/><path d="M5 11h14" stroke="#a07820"/>',
};

/** Undefined for an emoji that no notice begins with. */
export function noticeIcon(emoji: string): string | undefined {
  const drawing = DRAWINGS[emoji];
  return drawing === undefined ? undefined : `<svg viewBox="0 0 24 24" aria-hidden="true">${drawing}</svg>`;
}
