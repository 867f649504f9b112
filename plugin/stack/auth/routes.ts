import { requireCaptcha } from './captcha.ts';
import { adminAudit } from './endpoints/admin-audit.ts';
import { adminDeleteFactor, adminListFactors, adminUpdateFactor } from './endpoints/admin-factors.ts';
import { adminListCustomProviders, adminListSso } from './endpoints/admin-providers.ts';
import { adminListUsers } from './endpoints/admin-user-list.ts';
import { adminCreateUser, adminDeleteUser, adminGetUser, adminUpdateUser } from './endpoints/admin-users.ts';
import { authorize, authorizeLink } from './endpoints/authorize.ts';
import { callback } from './endpoints/callback.ts';
import { challengeFactor } from './endpoints/factor-challenge.ts';
import { verifyFactor } from './endpoints/factor-verify.ts';
import { enrollFactor, unenrollFactor } from './endpoints/factors.ts';
import { generateLink } from './endpoints/generate-link.ts';
import { unlinkIdentity } from './endpoints/identities.ts';
import { discovery, health, jwks, settings } from './endpoints/info.ts';
import { invite } from './endpoints/invite.ts';
import { answerConsent, showConsent } from './endpoints/local-consent.ts';
import { logout } from './endpoints/logout.ts';
import { magicLink } from './endpoints/magic-link.ts';
import { authorizeClient, decideAuthorization, getAuthorization } from './endpoints/oauth-authorize.ts';
import {
  adminDelete,
  adminGet,
  adminList,
  adminRegenerateSecret,
  adminRegister,
  adminUpdate,
  registerDynamically,
} from './endpoints/oauth-clients.ts';
import { listGrants, revokeGrant } from './endpoints/oauth-grants.ts';
import { exchangeToken } from './endpoints/oauth-token.ts';
import { userInfo } from './endpoints/oauth-userinfo.ts';
import { otp } from './endpoints/otp.ts';
import { authenticationOptions, verifyAuthentication } from './endpoints/passkey-authentication.ts';
import { registrationOptions, verifyRegistration } from './endpoints/passkey-registration.ts';
import { adminDeletePasskey, deletePasskey, listPasskeys, renamePasskey } from './endpoints/passkeys.ts';
import { reauthenticate } from './endpoints/reauthenticate.ts';
import { recover } from './endpoints/recover.ts';
import { resend } from './endpoints/resend.ts';
import { signup } from './endpoints/signup.ts';
import { token } from './endpoints/token.ts';
import { getUser, putUser } from './endpoints/user.ts';
import { verifyGet, verifyPost } from './endpoints/verify.ts';
import {
  admin,
  emailEnabled,
  factorOfUser,
  limit,
  localOnly,
  manualLinking,
  oauthServerEnabled,
  ownFactor,
  passkeysEnabled,
  refuseSaml,
  signedIn,
  signedInByName,
  userOfPath,
} from './guards.ts';
import { group, route, type Route } from './router.ts';

/** Every endpoint of the service, with what must hold before its handler runs. */
export const ROUTES: readonly Route<object>[] = [
  route('GET', '/health', health),
  route('GET', '/settings', settings),
  route('GET', '/.well-known/jwks.json', jwks),
  route('GET', '/.well-known/openid-configuration', discovery),
  route('GET', '/.well-known/oauth-authorization-server', [oauthServerEnabled], discovery),
  group('/signup', [requireCaptcha], [route('POST', '', signup)]),
  route('POST', '/recover', [limit('recover'), requireCaptcha, emailEnabled], recover),
  route('POST', '/resend', [limit('resend'), requireCaptcha], resend),
  route('POST', '/magiclink', [limit('magiclink'), requireCaptcha], magicLink),
  route('POST', '/otp', [limit('otp'), requireCaptcha], otp),
  route('POST', '/token', [requireCaptcha], token),
  group('/verify', [limit('verify')], [route('GET', '', verifyGet), route('POST', '', verifyPost)]),
  route('POST', '/logout', signedIn, logout),
  group('/reauthenticate', signedIn, [route('GET', '', reauthenticate)]),
  group('/user', signedIn, [
    route('GET', '', getUser),
    route('PUT', '', [limit('user')], putUser),
    group(
      '/identities',
      [manualLinking],
      [route('GET', '/authorize', authorizeLink), route('DELETE', '/:identity_id', unlinkIdentity)],
    ),
    group(
      '/oauth/grants',
      [oauthServerEnabled],
      [route('GET', '', listGrants), route('DELETE', '', revokeGrant)],
    ),
  ]),
  group('/factors', signedInByName, [
    route('POST', '', enrollFactor),
    group('/:factor_id', ownFactor, [
      route('POST', '/verify', [limit('factor-verify')], verifyFactor),
      route('POST', '/challenge', [limit('factor-challenge')], challengeFactor),
      route('DELETE', '', unenrollFactor),
    ]),
  ]),
  route('POST', '/invite', admin, invite),
  group('/admin', admin, [
    route('GET', '/audit', adminAudit),
    route('POST', '/generate_link', generateLink),
    group(
      '/users',
      [],
      [
        route('GET', '', adminListUsers),
        route('POST', '', adminCreateUser),
        group('/:user_id', userOfPath, [
          route('GET', '', adminGetUser),
          route('PUT', '', adminUpdateUser),
          route('DELETE', '', adminDeleteUser),
          group(
            '/factors',
            [],
            [
              route('GET', '', adminListFactors),
              group('/:factor_id', factorOfUser, [
                route('PUT', '', adminUpdateFactor),
                route('DELETE', '', adminDeleteFactor),
              ]),
            ],
          ),
          group(
            '/passkeys',
            [passkeysEnabled],
            [route('GET', '', listPasskeys), route('DELETE', '/:passkey_id', adminDeletePasskey)],
          ),
        ]),
      ],
    ),
    group('/sso/providers', [], [route('GET', '', adminListSso)]),
    group('/custom-providers', [], [route('GET', '', adminListCustomProviders)]),
    group(
      '/oauth',
      [oauthServerEnabled],
      [
        route('GET', '/clients', adminList),
        route('POST', '/clients', adminRegister),
        route('GET', '/clients/:client_id', adminGet),
        route('PUT', '/clients/:client_id', adminUpdate),
        route('DELETE', '/clients/:client_id', adminDelete),
        route('POST', '/clients/:client_id/regenerate_secret', adminRegenerateSecret),
      ],
    ),
  ]),
  route('GET', '/authorize', authorize),
  group('/callback', [], [route('GET', '', callback), route('POST', '', callback)]),
  group('/dev/consent', [localOnly], [route('GET', '', showConsent), route('POST', '', answerConsent)]),
  group(
    '/passkeys',
    [passkeysEnabled],
    [
      route('POST', '/authentication/options', [limit('passkey'), requireCaptcha], authenticationOptions),
      route('POST', '/authentication/verify', [limit('passkey')], verifyAuthentication),
      group('/registration', signedInByName, [
        route('POST', '/options', registrationOptions),
        route('POST', '/verify', verifyRegistration),
      ]),
      route('GET', '', signedIn, listPasskeys),
      route('PATCH', '/:passkey_id', signedIn, renamePasskey),
      route('DELETE', '/:passkey_id', signedIn, deletePasskey),
    ],
  ),
  group('/sso', [refuseSaml], []),
  group(
    '/oauth',
    [oauthServerEnabled],
    [
      route('POST', '/clients/register', [limit('oauth-register')], registerDynamically),
      route('POST', '/token', exchangeToken),
      route('GET', '/userinfo', signedIn, userInfo),
      route('GET', '/authorize', authorizeClient),
      route('GET', '/authorizations/:authorization_id', signedIn, getAuthorization),
      route('POST', '/authorizations/:authorization_id/consent', signedIn, decideAuthorization),
    ],
  ),
];
