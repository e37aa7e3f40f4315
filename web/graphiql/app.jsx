import './workers.js';
import 'graphiql/style.css';
import './app.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import flagship from '../../api/flagship.graphql';
import { TokenBar } from './token-bar.jsx';
import { currentToken, forgetToken, rememberToken, takeTokenFromFragment } from './token.js';

/** Tomorrow in Dalian as YYYY-MM-DD, wherever the browser stands: the day an inspector plans for. */
function tomorrowInDalian(now) {
  const tomorrow = new Date(now.getTime() + 24 * 60 * 60 * 1000); // China keeps no summer time
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', dateStyle: 'short' }).format(tomorrow);
}

const VARIABLES = JSON.stringify(
  {
    start: { type: 'Point', coordinates: [121.6147, 38.914] }, // Zhongshan Square, WGS 84
    day: tomorrowInDalian(new Date()),
  },
  null,
  2,
);

function Page() {
  const [token, setToken] = useState(currentToken);
  useEffect(() => {
    const onFragment = () => takeTokenFromFragment() && setToken(currentToken());
    window.addEventListener('hashchange', onFragment);
    return () => window.removeEventListener('hashchange', onFragment);
  }, []);
  const fetcher = useMemo(() => {
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
  }, [token]);

  return (
    <>
      <TokenBar
        token={token}
        onUse={(pasted) => {
          rememberToken(pasted);
          setToken(pasted);
        }}
        onForget={() => {
          forgetToken();
          setToken('');
        }}
      />
      <div className="editor">
        {/* A new token may see another schema, so the editor starts afresh with it; tabs come back from storage. */}
        <GraphiQL
          key={token}
          fetcher={fetcher}
          defaultQuery={flagship}
          defaultTabs={[{ query: flagship, variables: VARIABLES }]}
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
    </>
  );
}

takeTokenFromFragment();
createRoot(document.getElementById('root')).render(<Page />);
