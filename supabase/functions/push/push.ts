/** Where a push service takes messages for one browser, and the keys for which they are encrypted. */
export interface Subscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** A message, with the subscriptions that are to get it. */
export interface Push {
  readonly id: string;
  readonly family_id: string;
  readonly channel_id: string;
  readonly channel: string;
  readonly author: string;
  readonly body: string;
  readonly images: readonly { readonly alt?: string }[];
  readonly files: readonly { readonly name: string }[];
  readonly subscriptions: readonly Subscription[];
}
