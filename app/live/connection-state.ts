/**
 * How changes reach this page, as the connection badge shows it:
 * - `connecting`    the first attempt is under way
 * - `live`          changes arrive through Realtime
 * - `reconnecting`  the connection was lost and is being restored
 * - `polling`       no connection to Realtime for some seconds: the page polls
 * - `unreachable`   polling, and the server does not respond
 * - `offline`       the browser has no network
 */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'unreachable' | 'offline';
