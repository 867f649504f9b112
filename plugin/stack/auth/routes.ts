import { requireCaptcha } from './captcha.ts';
import {
  admin,
  emailEnabled,
  factorOfUser,
  limit,
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
import {
  adminAudit,
  adminDeleteFactor,
  adminListCustomProviders,
  adminListFactors,
  adminListSso,
  adminListUsers,
  adminUpdateFactor,
} from './routes/admin-lists.ts';
import { generateLink, invite } from './routes/admin-links.ts';
import { adminCreateUser, adminDeleteUser, adminGetUser, adminUpdateUser } from './routes/admin-users.ts';
import {
  adminDelete,
  adminGet,
  adminList,
  adminRegenerateSecret,
  adminRegister,
  adminUpdate,
  registerDynamically,
} from './oauth-server/client-routes.ts';
import { authorizeClient, decideAuthorization, getAuthorization } from './oauth-server/authorize.ts';
import { exchangeToken, listGrants, revokeGrant, userInfo } from './oauth-server/token.ts';
import {
  adminDeletePasskey,
  authenticationOptions,
  deletePasskey,
  listPasskeys,
  registrationOptions,
  renamePasskey,
  verifyAuthentication,
  verifyRegistration,
} from './passkeys/routes.ts';
import { answerConsent, showConsent } from './oauth/local-consent.ts';
import { authorize, authorizeLink } from './routes/authorize.ts';
import { callback } from './routes/callback.ts';
import { challengeFactor } from './routes/factor-challenge.ts';
import { verifyFactor } from './routes/factor-verify.ts';
import { enrollFactor, unenrollFactor } from './routes/factors.ts';
import { unlinkIdentity } from './routes/identities.ts';
import { discovery, health, jwks, settings } from './routes/info.ts';
import { logout } from './routes/logout.ts';
import { magicLink, otp } from './routes/otp.ts';
import { reauthenticate } from './routes/reauthenticate.ts';
import { recover } from './routes/recover.ts';
import { resend } from './routes/resend.ts';
import { signup } from './routes/signup.ts';
import { token } from './routes/token.ts';
import { getUser, putUser } from './routes/user.ts';
import { verifyGet, verifyPost } from './routes/verify.ts';

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
  route('GET', '/dev/consent', showConsent),
  route('POST', '/dev/consent', answerConsent),
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
