// Files in IndexedDB, because localStorage holds only strings. One store: bucket path → file.

const STORE = 'images';

let opening: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('ourchat', 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB does not open')));
  });
  return opening;
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    transaction.addEventListener('complete', () => resolve(request.result));
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('IndexedDB is full')));
  });
}

export async function putFile(path: string, blob: Blob): Promise<void> {
  await run('readwrite', (store) => store.put(blob, path));
}

export async function getFile(path: string): Promise<Blob | undefined> {
  return (await run<unknown>('readonly', (store) => store.get(path))) as Blob | undefined;
}

export async function deleteFile(path: string): Promise<void> {
  await run('readwrite', (store) => store.delete(path));
}
