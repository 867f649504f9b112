/** A mail that Auth has sent. */
export interface TestMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The first link, by which the recipient confirms or signs in. */
  readonly link: string | undefined;
  /** The code of six or more digits. */
  readonly code: string | undefined;
}

/**
 * Waits up to ten seconds for the newest mail to an address.
 *
 * @param url origin of the API
 */
export async function waitForMail(url: string, address: string): Promise<TestMail> {
  const response = await fetch(`${url}/__supabase/mail/api/v1/wait?to=${encodeURIComponent(address)}`);
  if (!response.ok) throw new Error(`No mail to ${address} arrived`);
  const { Subject, Text, HTML } = (await response.json()) as { Subject: string; Text: string; HTML: string };
  return {
    subject: Subject,
    text: Text,
    html: HTML,
    link: /href="([^"]+)"/.exec(HTML)?.[1]?.replaceAll('&amp;', '&'),
    code: /\b\d{6,10}\b/.exec(Text)?.[0],
  };
}
