/**
 * A script for the page that keeps it up to date: `page(state, { script: LIVE_SCRIPT, nonce })`.
 *
 * The host answers GET /live with server-sent events: first the token that forms must have, as the event `token` (a page
 * with another is from a governor that was restarted, and is loaded again), then the JSON of `changedSections`:
 * everything at first, then what changed. It answers a form with the same JSON if the request accepts only that.
 *
 * A section is not replaced: what differs in it is changed in place, element by element, those with an
 * id found again by it. So focus, what is being typed, what is unfolded and how far a list is scrolled stay as
 * they are: a field's `value` attribute is only what it starts with, and `open` is never taken away.
 */
export const LIVE_SCRIPT = `(() => {
  const sync = (now, next) => {
    if (now.isEqualNode(next)) return;
    if (now.nodeType !== 1) return void (now.nodeValue = next.nodeValue);
    for (const { name } of [...now.attributes]) if (name !== "open" && !next.hasAttribute(name)) now.removeAttribute(name);
    for (const { name, value } of next.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    fill(now, next);
  };
  const ahead = (at, next) => {
    for (; at && !at.id; at = at.nextSibling) if (at.nodeName === next.nodeName && at.className === next.className) return at;
  };
  const fill = (parent, wanted) => {
    const kept = new Set([...wanted.children].map(({ id }) => id));
    for (const child of [...parent.children]) if (child.id && !kept.has(child.id)) child.remove();
    const known = new Map([...parent.children].map((child) => [child.id, child]));
    let at = parent.firstChild;
    for (const next of [...wanted.childNodes]) {
      const same = next.id ? known.get(next.id) : ahead(at, next);
      while (same && !next.id && at !== same) [at] = [at.nextSibling, at.remove()];
      if (same !== at || !same) parent.insertBefore(same ?? next, at);
      if (same) sync(same, next);
      at = (same ?? next).nextSibling;
    }
    while (at) [at] = [at.nextSibling, at.remove()];
  };
  const show = (sections) => {
    const wanted = document.createElement("template");
    for (const [id, text] of Object.entries(sections)) {
      wanted.innerHTML = text;
      fill(document.getElementById(id), wanted.content);
    }
  };
  const stale = (is) => document.querySelector(".bg-governor").toggleAttribute("data-stale", is);
  const live = new EventSource("/live");
  live.onmessage = ({ data }) => { stale(false); show(JSON.parse(data)); };
  live.onerror = () => stale(true);
  live.addEventListener("token", ({ data }) => {
    const mine = document.querySelector("[name=token]");
    if (mine && mine.value !== data && performance.now() > 3000) location.reload();
  });
  addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target, body = new URLSearchParams(new FormData(form, event.submitter));
    const asked = { method: "POST", headers: { accept: "application/json" }, body };
    const answer = await fetch(form.getAttribute("action"), asked).catch(() => undefined);
    const failure = answer?.ok ? undefined : (await answer?.text()) ?? "The governor does not answer; is it still running?";
    if (failure) return void (form.querySelector(".answer").textContent = failure);
    show(await answer.json());
    const wrong = form.querySelector("[aria-invalid]");
    if (wrong) wrong.focus(); else if (form.querySelector(".answer .good")) form.reset();
  });
})();`;
