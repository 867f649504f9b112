/**
 * How news reach this page, as the interface tells it:
 * - `connecting`    the first attempt is under way
 * - `live`          changes arrive by themselves
 * - `reconnecting`  the connection was lost and is being restored
 * - `polling`       it stays lost, or realtime is switched off: the page asks every few seconds
 * - `unreachable`   and nobody answers
 * - `offline`       the browser has no network
 */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'unreachable' | 'offline';
