// Storage v1.70.6 src/http/routes/s3/commands/*bucket*.ts
import { header } from '../http/exchange.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { S3Request } from './request.ts';
import { sendEmpty, sendXml, type XmlElement } from './respond.ts';
import { REGION } from './signature.ts';

export async function listBuckets({ buckets }: ObjectStore, request: S3Request): Promise<void> {
  const rows = await buckets.listVisible(request.scope);
  const elements = rows.map((row): XmlElement => [
    'Bucket',
    [
      ['Name', row.name],
      ['CreationDate', row.created_at?.toISOString()],
    ],
  ]);
  sendXml(request, 'ListAllMyBucketsResult', [['Buckets', elements]]);
}

export async function createBucket({ buckets }: ObjectStore, request: S3Request): Promise<void> {
  const { req, scope, bucket: name } = request;
  const isPublic = header(req, 'x-amz-acl') === 'public-read';
  await buckets.create(scope, { name, public: isPublic });
  sendEmpty(request, 200, { location: `/${name}` });
}

export async function headBucket({ buckets }: ObjectStore, request: S3Request): Promise<void> {
  await buckets.getVisible(request.scope, request.bucket);
  request.res.writeHead(200, { 'x-amz-bucket-region': REGION }).end();
}

export async function deleteBucket({ buckets }: ObjectStore, request: S3Request): Promise<void> {
  await buckets.delete(request.scope, request.bucket);
  sendEmpty(request, 204);
}

export async function getLocation({ buckets }: ObjectStore, request: S3Request): Promise<void> {
  await buckets.getVisible(request.scope, request.bucket);
  sendXml(request, 'LocationConstraint', REGION);
}

export async function getVersioning({ buckets }: ObjectStore, request: S3Request): Promise<void> {
  await buckets.getVisible(request.scope, request.bucket);
  sendXml(request, 'VersioningConfiguration', [
    ['Status', 'Suspended'],
    ['MfaDelete', 'Disabled'],
  ]);
}
