import './workers.js';
import 'graphiql/style.css';
import './app.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import flagship from '../../api/flagship.graphql';
import { TokenBar } from './token-bar.jsx';
import { currentToken, forgetToken, rememberToken, takeTokenFromFragment } from './token.js';

/** Tomorrow in Dalian as YYYY-MM-DD, wherever the browser stands: the day an inspector plans for. */
function tomorrowInDalian(now) {
  const tomorrow = new Date(now.getTime() + 24 * 60 * 60 * 1000); // China keeps no summer time
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', dateStyle: 'short' }).format(tomorrow);
}

// Written out rather than indented by JSON.stringify, so that both fit into the small editor. The start is
// Zhongshan Square, WGS 84.
const VARIABLES = `{
  "start": { "type": "Point", "coordinates": [121.6147, 38.914] },
  "day": "${tomorrowInDalian(new Date())}"
}
`;

// GraphiQL keeps the tabs of earlier visits under this name. Given a request to start with as well, it would add a
// tab at every visit; so it gets one only where nothing is kept.
const startingPoint = () =>
  localStorage.getItem('graphiql:tabState') === null ? { initialQuery: flagship, initialVariables: VARIABLES } : {};

function fetcherWith(token) {
  const url = new URL(window.location.pathname, window.location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  return createGraphiQLFetcher({
    url: url.href,
    subscriptionUrl: socket.href,
    headers,
    wsConnectionParams: headers,
    // We send whole answers; without this every request would ask for multipart/mixed first.
    enableIncrementalDelivery: false,
  });
}

// Another token may see another schema. Loading the page again starts everything afresh with it, and GraphiQL keeps
// the tabs; taking the editor down inside a living page leaves its workers with errors.
const startAgain = () => window.location.reload();

takeTokenFromFragment();
window.addEventListener('hashchange', () => takeTokenFromFragment() && startAgain());
const token = currentToken();

createRoot(document.getElementById('root')).render(
  <>
    <TokenBar
      token={token}
      onUse={(pasted) => {
        rememberToken(pasted);
        startAgain();
      }}
      onForget={() => {
        forgetToken();
        startAgain();
      }}
    />
    <div className="editor">
      <GraphiQL
        {...startingPoint()}
        fetcher={fetcherWith(token)}
        defaultQuery=""
        defaultEditorToolsVisibility="variables"
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>
          <span>
            Luodi <span lang="zh-CN">落地</span>
          </span>
        </GraphiQL.Logo>
      </GraphiQL>
    </div>
  </>,
);
