-- Where the functions of the extension `http` send their requests: a server in the stack's process
-- (database-jobs/http-server.ts), another one after each start. Who knows the secret can do what the function http can.

create table _stack.http_server (port integer primary key, secret text not null);
