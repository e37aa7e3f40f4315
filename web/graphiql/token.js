// The bearer token of this browser tab. It arrives in the URL's fragment, which browsers never send to a server,
// or by paste; it stays in sessionStorage, which ends with the tab, and leaves the address bar at once so that it
// is neither bookmarked nor copied along with a link.
const KEY = 'luodi.token';

/** Takes `#token=…` out of the address bar, if it is there, and answers whether it was. */
export function takeTokenFromFragment() {
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const token = fragment.get('token')?.trim();
  if (!token) return false;
  fragment.delete('token');
  const rest = fragment.toString();
  window.history.replaceState(null, '', window.location.pathname + window.location.search + (rest && `#${rest}`));
  sessionStorage.setItem(KEY, token);
  return true;
}

export const currentToken = () => sessionStorage.getItem(KEY) ?? '';

export const rememberToken = (token) => sessionStorage.setItem(KEY, token);

export const forgetToken = () => sessionStorage.removeItem(KEY);
