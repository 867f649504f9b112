import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 16%, transparent); --accent: #1a7f52; }
@media (prefers-color-scheme: dark) { :root { --accent: #4fd39a; } }
* { box-sizing: border-box; }
body { margin: 0; height: 100dvh; display: grid; grid-template: auto 1fr / minmax(16rem, 24rem) 1fr; font: 15px/1.45 system-ui, sans-serif; }
header { grid-column: 1 / -1; display: flex; gap: .75rem; align-items: center; padding: .6rem 1rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1rem; margin: 0; flex: 1; }
input, button { font: inherit; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit; }
button { cursor: pointer; }
nav { overflow: auto; border-right: 1px solid var(--line); }
ul { list-style: none; margin: 0; padding: 0; }
li button { display: block; width: 100%; text-align: left; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; padding: .6rem 1rem; }
li button[aria-current=true] { background: color-mix(in srgb, var(--accent) 16%, transparent); }
li .unread { font-weight: 650; }
li small { display: flex; justify-content: space-between; gap: .5rem; opacity: .75; }
li small span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
main { display: flex; flex-direction: column; min-width: 0; }
#meta { padding: .6rem 1rem; border-bottom: 1px solid var(--line); }
#meta:empty { display: none; }
iframe { flex: 1; border: 0; background: #fff; }
p.empty { padding: 1rem; opacity: .75; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
@media (max-width: 44rem) { body { grid-template: auto 40dvh 1fr / 1fr; } nav { border-right: 0; border-bottom: 1px solid var(--line); } }
`;

const SCRIPT = `
const list = document.querySelector('ul'), meta = document.querySelector('#meta'), frame = document.querySelector('iframe');
const search = document.querySelector('input'), empty = document.querySelector('.empty');
let mails = [], current;
async function load() {
  const query = search.value.trim();
  const url = query ? 'api/v1/search?limit=500&query=' + encodeURIComponent(query) : 'api/v1/messages?limit=500';
  mails = (await (await fetch(url)).json()).messages;
  empty.hidden = mails.length > 0;
  list.replaceChildren(...mails.map(item));
}
function item(mail) {
  const button = document.createElement('button'), subject = document.createElement('div'), line = document.createElement('small');
  const to = document.createElement('span'), time = document.createElement('time');
  subject.textContent = mail.Subject;
  subject.className = mail.Read ? '' : 'unread';
  to.textContent = mail.To[0].Address;
  time.textContent = new Date(mail.Created).toLocaleTimeString();
  line.append(to, time);
  button.append(subject, line);
  button.setAttribute('aria-current', String(mail.ID === current));
  button.onclick = () => open(mail);
  const li = document.createElement('li');
  li.append(button);
  return li;
}
function open(mail) {
  current = mail.ID;
  const subject = document.createElement('strong'), line = document.createElement('div');
  subject.textContent = mail.Subject;
  line.textContent = mail.From.Address + ' \u2192 ' + mail.To[0].Address + ' \u00b7 ' + new Date(mail.Created).toLocaleString();
  meta.replaceChildren(subject, line);
  frame.src = 'view/' + mail.ID + '.html';
  mail.Read = true;
  list.replaceChildren(...mails.map(item));
}
document.querySelector('#clear').onclick = async () => {
  await fetch('api/v1/messages', { method: 'DELETE' });
  current = undefined;
  meta.replaceChildren();
  frame.removeAttribute('src');
  await load();
};
search.oninput = () => load();
(async () => {
  let newest = '';
  for (;;) {
    try {
      await load();
      newest = mails[0]?.ID ?? newest;
      const after = newest || new Date().toISOString();
      await fetch('arrival?timeout=25000&after=' + encodeURIComponent(after));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
})();
`;

const hash = (source: string): string => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;

/** Only this page's own script and style run; mails are shown in a sandboxed frame. */
export const INBOX_PAGE_POLICY: string = [
  "default-src 'none'",
  `script-src ${hash(SCRIPT)}`,
  `style-src ${hash(STYLE)}`,
  // The icon, which is empty: without it browsers ask for /favicon.ico.
  'img-src data:',
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** The page of the inbox: list, search, live updates. */
export const INBOX_PAGE: string = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mail inbox</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Mail inbox</h1>
<input type="search" placeholder="Search, or to:someone" aria-label="Search">
<button id="clear" type="button">Delete all</button>
</header>
<nav aria-label="Mails"><ul></ul><p class="empty">No mail yet. What Auth sends appears here.</p></nav>
<main><div id="meta"></div><iframe title="Mail" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></main>
<script>${SCRIPT}</script>
</body>
</html>
`;
