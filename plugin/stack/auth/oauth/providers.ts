import type { ExternalProvider, ProviderName } from '../settings/external.ts';
import { isAzureEmailVerified, profileOf, singleEmail, type ProviderProfile } from './profile.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';

/** A provider's addresses, and how to read its description of a person. */
export interface ProviderDefinition {
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  /** The provider requires PKCE from its client too. */
  readonly pkce?: boolean;
  readonly basicAuth?: boolean;
  /** Addresses to fetch with the access token; their answers go to `read` in this order. */
  readonly userUrls: readonly string[];
  /** `idToken` holds the claims of the token endpoint's id_token, {} without one. */
  read(answers: readonly unknown[], idToken: JsonObject): ProviderProfile;
}

// GoTrue v2.196 internal/api/provider/

type Builder = (settings: ExternalProvider) => ProviderDefinition;

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
const object = (value: unknown): JsonObject => (isObject(value) ? value : {});
const base = (settings: ExternalProvider, usual: string): string =>
  (settings.url || usual).replace(/\/+$/, '');

/** An OpenID provider whose userinfo has the standard claims. */
function openId(issuer: string, urls: Omit<ProviderDefinition, 'read'>): ProviderDefinition {
  return {
    ...urls,
    read([answer]) {
      const user = object(answer);
      return profileOf({
        issuer,
        sub: text(user.sub ?? user.id),
        name: text(user.name),
        picture: text(user.picture),
        emails: singleEmail(user.email, user.email_verified === true || user.verified_email === true),
      });
    },
  };
}

const BUILDERS: ReadonlyMap<string, Builder> = new Map(
  Object.entries<Builder>({
    github(settings) {
      const site = base(settings, 'https://github.com');
      const api = settings.url ? `${site}/api/v3` : 'https://api.github.com';
      return {
        authorizeUrl: `${site}/login/oauth/authorize`,
        tokenUrl: `${site}/login/oauth/access_token`,
        scopes: ['user:email'],
        userUrls: [`${api}/user`, `${api}/user/emails`],
        read([first, second]) {
          const user = object(first);
          const emails = (Array.isArray(second) ? second : []).map(object).map((entry) => ({
            email: text(entry.email),
            verified: entry.verified === true,
            primary: entry.primary === true,
          }));
          const login = text(user.login);
          const extra = { preferred_username: login, user_name: login, picture: '' };
          const known = {
            issuer: api,
            sub: text(user.id),
            name: text(user.name),
            picture: text(user.avatar_url),
          };
          return profileOf({ ...known, emails, extra });
        },
      };
    },
    gitlab(settings) {
      const site = base(settings, 'https://gitlab.com');
      return {
        authorizeUrl: `${site}/oauth/authorize`,
        tokenUrl: `${site}/oauth/token`,
        scopes: ['read_user'],
        userUrls: [`${site}/api/v4/user`],
        read([answer]) {
          const user = object(answer);
          const emails = singleEmail(user.email, text(user.confirmed_at) !== '');
          const known = {
            issuer: site,
            sub: text(user.id),
            name: text(user.name),
            picture: text(user.avatar_url),
          };
          return profileOf({ ...known, emails });
        },
      };
    },
    google: () =>
      openId('https://www.googleapis.com/userinfo/v2/me', {
        authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
        tokenUrl: 'https://oauth2.googleapis.com/token',
        scopes: ['email', 'profile'],
        userUrls: ['https://www.googleapis.com/userinfo/v2/me'],
      }),
    keycloak(settings) {
      const realm = `${base(settings, '')}/protocol/openid-connect`;
      return openId(base(settings, ''), {
        authorizeUrl: `${realm}/auth`,
        tokenUrl: `${realm}/token`,
        scopes: ['profile', 'email'],
        userUrls: [`${realm}/userinfo`],
      });
    },
    linkedin_oidc: () =>
      openId('https://www.linkedin.com/oauth', {
        authorizeUrl: 'https://www.linkedin.com/oauth/v2/authorization',
        tokenUrl: 'https://www.linkedin.com/oauth/v2/accessToken',
        scopes: ['openid', 'email', 'profile'],
        userUrls: ['https://api.linkedin.com/v2/userinfo'],
      }),
    slack_oidc: () =>
      openId('https://slack.com', {
        authorizeUrl: 'https://slack.com/openid/connect/authorize',
        tokenUrl: 'https://slack.com/api/openid.connect.token',
        scopes: ['profile', 'email', 'openid'],
        userUrls: ['https://slack.com/api/openid.connect.userInfo'],
      }),
    azure(settings) {
      const tenant = base(settings, 'https://login.microsoftonline.com/common');
      return {
        authorizeUrl: `${tenant}/oauth2/v2.0/authorize`,
        tokenUrl: `${tenant}/oauth2/v2.0/token`,
        scopes: ['openid'],
        userUrls: [],
        read(_answers, claims) {
          const known = {
            issuer: text(claims.iss),
            sub: text(claims.sub),
            name: text(claims.name),
            picture: '',
          };
          const extra = { preferred_username: text(claims.preferred_username) };
          return profileOf({
            ...known,
            emails: singleEmail(claims.email, isAzureEmailVerified(claims)),
            extra,
          });
        },
      };
    },
    discord: () => ({
      authorizeUrl: 'https://discord.com/api/oauth2/authorize',
      tokenUrl: 'https://discord.com/api/oauth2/token',
      scopes: ['email', 'identify'],
      userUrls: ['https://discord.com/api/users/@me'],
      read([answer]) {
        const user = object(answer);
        const [id, avatar] = [text(user.id), text(user.avatar)];
        const extension = avatar.startsWith('a_') ? 'gif' : 'png';
        return profileOf({
          issuer: 'https://discord.com/api',
          sub: id,
          name: `${text(user.username)}#${text(user.discriminator)}`,
          picture: avatar === '' ? '' : `https://cdn.discordapp.com/avatars/${id}/${avatar}.${extension}`,
          emails: singleEmail(user.email, user.verified === true),
          extra: { full_name: text(user.username), custom_claims: { global_name: text(user.global_name) } },
        });
      },
    }),
    facebook: () => ({
      authorizeUrl: 'https://www.facebook.com/dialog/oauth',
      tokenUrl: 'https://graph.facebook.com/oauth/access_token',
      scopes: ['email'],
      userUrls: ['https://graph.facebook.com/me?fields=email,first_name,last_name,name,picture'],
      read([answer]) {
        const user = object(answer);
        return profileOf({
          issuer: 'https://graph.facebook.com/me',
          sub: text(user.id),
          name: `${text(user.first_name)} ${text(user.last_name)}`.trim(),
          picture: text(object(object(user.picture).data).url),
          emails: singleEmail(user.email, true),
          extra: { nickname: text(user.name) },
        });
      },
    }),
    spotify: () => ({
      authorizeUrl: 'https://accounts.spotify.com/authorize',
      tokenUrl: 'https://accounts.spotify.com/api/token',
      scopes: ['user-read-email'],
      userUrls: ['https://api.spotify.com/v1/me'],
      read([answer]) {
        const user = object(answer);
        const images = Array.isArray(user.images) ? user.images.map(object) : [];
        const known = { sub: text(user.id), name: text(user.display_name), picture: text(images[0]?.url) };
        // Spotify does not say whether it has verified the address.
        return profileOf({
          issuer: 'https://api.spotify.com/v1',
          ...known,
          emails: singleEmail(user.email, false),
        });
      },
    }),
    figma: () => ({
      authorizeUrl: 'https://www.figma.com/oauth',
      tokenUrl: 'https://api.figma.com/v1/oauth/token',
      scopes: ['current_user:read'],
      userUrls: ['https://api.figma.com/v1/me'],
      read([answer]) {
        const user = object(answer);
        const known = { sub: text(user.id), name: text(user.handle), picture: text(user.img_url) };
        return profileOf({
          issuer: 'https://api.figma.com',
          ...known,
          emails: singleEmail(user.email, true),
        });
      },
    }),
    kakao: () => ({
      authorizeUrl: 'https://kauth.kakao.com/oauth/authorize',
      tokenUrl: 'https://kauth.kakao.com/oauth/token',
      scopes: ['account_email', 'profile_image', 'profile_nickname'],
      userUrls: ['https://kapi.kakao.com/v2/user/me'],
      read([answer]) {
        const user = object(answer);
        const account = object(user.kakao_account);
        const profile = object(account.profile);
        const name = text(profile.nickname);
        return profileOf({
          issuer: 'https://kapi.kakao.com',
          sub: text(user.id),
          name,
          picture: text(profile.profile_image_url),
          emails: singleEmail(
            account.email,
            account.is_email_verified === true && account.is_email_valid === true,
          ),
          extra: { preferred_username: name, user_name: name },
        });
      },
    }),
    x: () => ({
      authorizeUrl: 'https://x.com/i/oauth2/authorize',
      tokenUrl: 'https://api.x.com/2/oauth2/token',
      scopes: ['users.email', 'tweet.read', 'users.read', 'offline.access'],
      pkce: true,
      basicAuth: true,
      userUrls: [
        'https://api.x.com/2/users/me?user.fields=id,name,username,profile_image_url,confirmed_email',
      ],
      read([answer]) {
        const user = object(object(answer).data);
        const login = text(user.username);
        const known = { sub: text(user.id), name: text(user.name), picture: text(user.profile_image_url) };
        const extra = { preferred_username: login, user_name: login, profile: `https://x.com/${login}` };
        return profileOf({
          issuer: 'https://api.x.com',
          ...known,
          emails: singleEmail(user.confirmed_email, true),
          extra,
        });
      },
    }),
  } satisfies Partial<Record<ProviderName, Builder>>),
);

/** Undefined for a provider that only the local consent page can replace. */
export function defineProvider(name: string, settings: ExternalProvider): ProviderDefinition | undefined {
  return BUILDERS.get(name)?.(settings);
}
