import { useState } from 'react';

/** One line above the editor: how to get a token while there is none, and a way to let go of the one in use. */
export function TokenBar({ token, onUse, onForget }) {
  const [typed, setTyped] = useState('');
  if (token) {
    return (
      <div className="token-bar" data-token="present">
        <span>
          Requests carry your token <code>…{token.slice(-6)}</code>, kept until this tab closes.
        </span>
        <button type="button" onClick={onForget}>
          Forget token
        </button>
      </div>
    );
  }
  const use = (event) => {
    event.preventDefault();
    const pasted = typed.trim().replace(/^Bearer\s+/i, '');
    if (pasted) onUse(pasted);
  };
  return (
    <form className="token-bar token-bar-missing" data-token="missing" onSubmit={use}>
      <span>
        <strong>No token yet.</strong> Get one with <code>.venv/bin/luodi token --role READER</code>, then paste it
        here, or open this page as <code>{window.location.pathname}#token=…</code>{' '}
        <span lang="zh-CN">（尚无令牌：请运行上述命令并粘贴）</span>
      </span>
      <input
        type="password"
        autoComplete="off"
        aria-label="Bearer token"
        placeholder="token"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <button type="submit">Use token</button>
    </form>
  );
}
