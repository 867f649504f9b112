import { expect, test } from 'vitest';
import { Section } from '../../../plugin/stack/config/section.ts';
import { applyInDatabase } from '../../../plugin/stack/rest/settings/in-database.ts';
import { readRestSettings } from '../../../plugin/stack/rest/settings/settings.ts';

test('reads config.toml, then applies the in-database configuration', () => {
  const settings = readRestSettings(new Section({ schemas: ['api'], max_rows: 50 }));
  expect(settings).toMatchObject({
    schemas: ['api'],
    maxRows: 50,
    extraSearchPath: ['public', 'extensions'],
  });
  const changed = applyInDatabase(settings, {
    db_schemas: 'v1, v2',
    db_max_rows: '7',
    db_plan_enabled: 'true',
    db_tx_end: 'rollback-allow-override',
    db_pre_request: 'v1.check',
    jwt_role_claim_key: '$.app["user role"][0]',
    db_aggregates_enabled: 'perhaps',
  });
  expect(changed).toMatchObject({
    schemas: ['v1', 'v2'],
    maxRows: 7,
    planEnabled: true,
    txEnd: { rollback: true, allowOverride: true },
    preRequest: { schema: 'v1', name: 'check' },
    jwtRolePath: ['app', 'user role', 0],
    aggregatesEnabled: false,
  });
});
