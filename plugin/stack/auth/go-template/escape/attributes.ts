// Go html/template/attr.go

/** What an attribute's value is; `unsafe` ones decide what an element does and are never named by a value. */
export type AttributeType = 'plain' | 'URL' | 'style' | 'script' | 'srcset' | 'HTML' | 'unsafe';

const TYPES = new Map<string, AttributeType>();
const add = (type: AttributeType, names: string): void => {
  for (const name of names.split(' ')) TYPES.set(name, type);
};
add(
  'plain',
  'accept alt autocomplete autofocus autoplay border checked class cols colspan contenteditable contextmenu controls ' +
    'coords datetime default dir dirname disabled draggable dropzone for formtarget headers height hidden high ' +
    'hreflang id ismap kind label lang list loop low max maxlength media mediagroup min multiple name open optimum ' +
    'placeholder preload pubdate radiogroup readonly required reversed rows rowspan spellcheck scope scoped seamless ' +
    'selected shape size sizes span srclang start step tabindex target title width wrap',
);
add(
  'URL',
  'action archive background cite classid codebase data formaction href icon longdesc manifest poster profile src ' +
    'usemap xmlns',
);
add(
  'unsafe',
  'accept-charset async challenge charset content crossorigin defer enctype form formenctype formmethod ' +
    'formnovalidate http-equiv keytype language method novalidate pattern rel sandbox type value',
);
add('srcset', 'srcset');
add('style', 'style');
add('HTML', 'srcdoc');

/** The type of an attribute's value by its name in lower case, with or without `data-` or a namespace. */
export function attributeType(name: string): AttributeType {
  let short = name;
  const colon = name.indexOf(':');
  if (name.startsWith('data-')) {
    short = name.slice('data-'.length);
  } else if (colon >= 0) {
    if (name.slice(0, colon) === 'xmlns') return 'URL';
    short = name.slice(colon + 1);
  }
  const type = TYPES.get(short);
  if (type) return type;
  if (short.startsWith('on')) return 'script';
  return /src|uri|url/.test(short) ? 'URL' : 'plain';
}
