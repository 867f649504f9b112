-- The algorithm of hashids.org. Alphabets are texts of ASCII characters; salts count by their bytes.

create type @extschema@._hashids as (alphabet text, seps text, guards text, salt bytea);

-- A permutation that depends on the salt.
create function @extschema@._hashids_shuffle(alphabet text, salt bytea) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  chars text[] := pg_catalog.regexp_split_to_array(alphabet, '');
  size constant integer := pg_catalog.octet_length(salt);
  swapped text;
  byte integer;
  step integer := 0;
  sum integer := 0;
  other integer;
begin
  if size = 0 then
    return alphabet;
  end if;
  for place in reverse pg_catalog.cardinality(chars) - 1..1 loop
    step := step % size;
    byte := pg_catalog.get_byte(salt, step);
    sum := sum + byte;
    other := (byte + step + sum) % place;
    swapped := chars[place + 1];
    chars[place + 1] := chars[other + 1];
    chars[other + 1] := swapped;
    step := step + 1;
  end loop;
  return pg_catalog.array_to_string(chars, '');
end $$;

create function @extschema@._hashids_setup(salt text, alphabet text) returns @extschema@._hashids
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  salt_bytes constant bytea := pg_catalog.convert_to(salt, 'utf8');
  separators constant text := 'cfhistuCFHISTU';
  unique_chars text := '';
  chars text;
  seps text := '';
  wanted integer;
  guards text;
  letter text;
begin
  foreach letter in array pg_catalog.regexp_split_to_array(alphabet, '') loop
    if pg_catalog.strpos(unique_chars, letter) = 0 then
      unique_chars := unique_chars || letter;
    end if;
  end loop;
  if pg_catalog.length(unique_chars) < 16 then
    raise exception 'alphabet is too short' using errcode = '22023';
  elsif pg_catalog.strpos(unique_chars, ' ') > 0 then
    raise exception 'alphabet contains whitespace characters' using errcode = '22023';
  end if;
  foreach letter in array pg_catalog.regexp_split_to_array(separators, '') loop
    if pg_catalog.strpos(unique_chars, letter) > 0 then
      seps := seps || letter;
    end if;
  end loop;
  chars := pg_catalog.translate(unique_chars, separators, '');
  seps := @extschema@._hashids_shuffle(seps, salt_bytes);
  if seps = '' or pg_catalog.length(chars)::numeric / pg_catalog.length(seps) > 3.5 then
    wanted := greatest(pg_catalog.ceil(pg_catalog.length(chars) / 3.5), 2);
    if wanted > pg_catalog.length(seps) then
      wanted := wanted - pg_catalog.length(seps);
      seps := seps || pg_catalog.left(chars, wanted);
      chars := pg_catalog.substr(chars, wanted + 1);
    else
      seps := pg_catalog.left(seps, wanted);
    end if;
  end if;
  chars := @extschema@._hashids_shuffle(chars, salt_bytes);
  wanted := pg_catalog.ceil(pg_catalog.length(chars) / 12.0);
  if pg_catalog.length(chars) < 3 then
    guards := pg_catalog.left(seps, wanted);
    seps := pg_catalog.substr(seps, wanted + 1);
  else
    guards := pg_catalog.left(chars, wanted);
    chars := pg_catalog.substr(chars, wanted + 1);
  end if;
  return row(chars, seps, guards, salt_bytes)::@extschema@._hashids;
end $$;

-- The alphabet for the next number.
create function @extschema@._hashids_next(alphabet text, lottery text, salt bytea) returns text
language sql immutable parallel safe set search_path = ''
as $$
  select @extschema@._hashids_shuffle(alphabet, pg_catalog.substr(
    pg_catalog.convert_to(lottery, 'utf8') || salt || pg_catalog.convert_to(alphabet, 'utf8'), 1, pg_catalog.length(alphabet)))
$$;

create function @extschema@.id_encode(numbers bigint[], salt text, min_length integer, alphabet text) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  setup constant @extschema@._hashids := @extschema@._hashids_setup(salt, alphabet);
  chars text := setup.alphabet;
  base constant integer := pg_catalog.length(chars);
  half constant integer := base / 2;
  mark bigint := 0;
  lottery text;
  result text;
  digits text;
  rest bigint;
  excess integer;
begin
  if pg_catalog.cardinality(numbers) = 0 then
    return '';
  end if;
  for place in 1..pg_catalog.cardinality(numbers) loop
    if numbers[place] < 0 then
      raise exception 'numbers must not be negative' using errcode = '22023';
    end if;
    mark := mark + numbers[place] % (place + 99);
  end loop;
  lottery := pg_catalog.substr(chars, (mark % base)::integer + 1, 1);
  result := lottery;
  for place in 1..pg_catalog.cardinality(numbers) loop
    chars := @extschema@._hashids_next(chars, lottery, setup.salt);
    digits := '';
    rest := numbers[place];
    loop
      digits := pg_catalog.substr(chars, (rest % base)::integer + 1, 1) || digits;
      rest := rest / base;
      exit when rest = 0;
    end loop;
    result := result || digits;
    if place < pg_catalog.cardinality(numbers) then
      rest := numbers[place] % (pg_catalog.ascii(digits) + place - 1);
      result := result || pg_catalog.substr(setup.seps, (rest % pg_catalog.length(setup.seps))::integer + 1, 1);
    end if;
  end loop;
  if pg_catalog.length(result) < min_length then
    result := pg_catalog.substr(setup.guards, ((mark + pg_catalog.ascii(result)) % pg_catalog.length(setup.guards))::integer + 1, 1) || result;
    if pg_catalog.length(result) < min_length then
      result := result || pg_catalog.substr(
        setup.guards, ((mark + pg_catalog.ascii(pg_catalog.substr(result, 3))) % pg_catalog.length(setup.guards))::integer + 1, 1);
    end if;
  end if;
  while pg_catalog.length(result) < min_length loop
    chars := @extschema@._hashids_shuffle(chars, pg_catalog.convert_to(chars, 'utf8'));
    result := pg_catalog.substr(chars, half + 1) || result || pg_catalog.left(chars, half);
    excess := pg_catalog.length(result) - min_length;
    if excess > 0 then
      result := pg_catalog.substr(result, excess / 2 + 1, min_length);
    end if;
  end loop;
  return result;
end $$;

create function @extschema@.id_decode(hash text, salt text, min_length integer, alphabet text) returns bigint[]
language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  setup constant @extschema@._hashids := @extschema@._hashids_setup(salt, alphabet);
  chars text := setup.alphabet;
  parts text[] := pg_catalog.string_to_array(
    pg_catalog.translate(hash, setup.guards, pg_catalog.repeat(' ', pg_catalog.length(setup.guards))), ' ');
  body constant text := case when pg_catalog.cardinality(parts) in (2, 3) then parts[2] else parts[1] end;
  lottery constant text := pg_catalog.left(body, 1);
  part text;
  letter text;
  number numeric;
  numbers bigint[] := '{}';
begin
  if coalesce(body, '') = '' then
    raise exception 'invalid hash' using errcode = '22023';
  end if;
  foreach part in array pg_catalog.string_to_array(
    pg_catalog.translate(pg_catalog.substr(body, 2), setup.seps, pg_catalog.repeat(' ', pg_catalog.length(setup.seps))), ' ')
  loop
    chars := @extschema@._hashids_next(chars, lottery, setup.salt);
    number := 0;
    foreach letter in array pg_catalog.regexp_split_to_array(part, '') loop
      if letter = '' or pg_catalog.strpos(chars, letter) = 0 then
        raise exception 'invalid hash' using errcode = '22023';
      end if;
      number := number * pg_catalog.length(chars) + pg_catalog.strpos(chars, letter) - 1;
    end loop;
    numbers := numbers || number::bigint;
  end loop;
  return numbers;
end $$;

do $$
declare
  letters constant text := quote_literal('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890');
  options constant text[] := array['', ', text', ', text, integer'];
  defaults constant text[] := array[', '''', 0, ' || letters, ', $2, 0, ' || letters, ', $2, $3, ' || letters];
begin
  for place in 1..3 loop
    execute format(
      'create function @extschema@.id_encode(bigint[]%1$s) returns text language sql immutable strict parallel safe
         as $f$ select @extschema@.id_encode($1%2$s) $f$;
       create function @extschema@.id_encode(bigint%1$s) returns text language sql immutable strict parallel safe
         as $f$ select @extschema@.id_encode(array[$1]%2$s) $f$;
       create function @extschema@.id_decode(text%1$s) returns bigint[] language sql immutable strict parallel safe
         as $f$ select @extschema@.id_decode($1%2$s) $f$;
       create function @extschema@.id_decode_once(text%1$s) returns bigint language sql immutable strict parallel safe
         as $f$ select (@extschema@.id_decode($1%2$s))[1] $f$;
       create function @extschema@.hash_encode(bigint%1$s) returns text language sql immutable strict parallel safe
         as $f$ select @extschema@.id_encode(array[$1]%2$s) $f$',
      options[place], defaults[place]);
  end loop;
end $$;
create function @extschema@.id_encode(bigint, text, integer, text) returns text
language sql immutable strict parallel safe as $$ select @extschema@.id_encode(array[$1], $2, $3, $4) $$;
create function @extschema@.id_decode_once(text, text, integer, text) returns bigint
language sql immutable strict parallel safe as $$ select (@extschema@.id_decode($1, $2, $3, $4))[1] $$;
create function @extschema@.hash_decode(text, text, integer) returns integer
language sql immutable strict parallel safe as $$ select (@extschema@.id_decode($1, $2, $3))[1]::integer $$;
