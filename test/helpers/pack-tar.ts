/** An archive of files by path, as npm's (POSIX ustar). */
export function packTar(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const blocks = Object.entries(files).flatMap(([path, content]) => {
    const body = Buffer.from(content);
    const head = Buffer.alloc(512);
    // A path of more than 100 bytes is in two fields.
    const cut = path.length <= 100 ? 0 : path.indexOf('/', path.length - 101) + 1;
    head.write(path.slice(cut), 0);
    head.write(path.slice(0, Math.max(0, cut - 1)), 345);
    head.write('0000644\0', 100);
    head.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    head.write('00000000000\0', 136);
    head.write(' '.repeat(8), 148);
    head.write('0ustar\u000000', 156);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
