import { useLoad } from '../../api.ts';
import { signedUrl } from './signed-url.ts';

const MAX_TEXT = 64 * 1024;
const PREVIEW_SECONDS = 3_600;

/** What is in an object: a picture, a film, a document or text. Nothing of it runs: scripts of HTML and SVG do not. */
export function Preview({
  bucket,
  path,
  type,
  size,
}: {
  bucket: string;
  path: string;
  type: string;
  size: number;
}) {
  const { value: url, error } = useLoad<string>(sign, JSON.stringify([bucket, path]));
  if (error !== undefined) return <p role="alert">{error}</p>;
  if (url === undefined) return <p className="quiet">Loading…</p>;
  return (
    <figure className="preview">
      <Content url={url} type={type} name={path} size={size} />
      <figcaption>
        <a href={`${url}&download`} download>
          Download
        </a>
      </figcaption>
    </figure>
  );
}

function Content({ url, type, name, size }: { url: string; type: string; name: string; size: number }) {
  if (type.startsWith('image/')) return <img src={url} alt={`Preview of ${name}`} />;
  // oxlint-disable-next-line jsx-a11y/media-has-caption -- it is whatever was uploaded
  if (type.startsWith('video/')) return <video src={url} controls aria-label={`Preview of ${name}`} />;
  // oxlint-disable-next-line jsx-a11y/media-has-caption -- it is whatever was uploaded
  if (type.startsWith('audio/')) return <audio src={url} controls aria-label={`Preview of ${name}`} />;
  // oxlint-disable-next-line react/iframe-missing-sandbox -- Chromium shows no PDF in a sandbox; Storage makes it inert
  if (type === 'application/pdf') return <iframe src={url} title={`Preview of ${name}`} />;
  if (isText(type)) return <Text url={url} size={size} />;
  return <p className="quiet">No preview for this type.</p>;
}

function Text({ url, size }: { url: string; size: number }) {
  const { value: text, error } = useLoad<string>(loadText, url);
  if (error !== undefined) return <p role="alert">{error}</p>;
  return (
    <>
      <pre className="text">{text}</pre>
      {size > MAX_TEXT && <p className="quiet">The first {MAX_TEXT / 1024} KiB.</p>}
    </>
  );
}

function isText(type: string): boolean {
  return /^text\/|[/+](?:json|xml|yaml|toml|javascript|ecmascript|sql|x-sh)(?:;|$)/.test(type);
}

async function sign(object: string): Promise<string> {
  const [bucket, path] = JSON.parse(object) as [string, string];
  return signedUrl(bucket, path, PREVIEW_SECONDS);
}

async function loadText(url: string): Promise<string> {
  const response = await fetch(url, { headers: { range: `bytes=0-${MAX_TEXT - 1}` } });
  // Storage refuses a range of an empty object.
  if (response.status === 416) return '';
  if (!response.ok) throw new Error(`Storage answered ${response.status}`);
  return response.text();
}
