/**
 * Bytes of the headers of a request or a response. Kong of the CLI is set to 160 kB: PostgREST repeats a long query in
 * Content-Location, Auth puts tokens into Location, and browsers send the session cookies of all local projects.
 */
export const MAX_HEADER_BYTES: number = 160 * 1024;
