-- wrk script: POSTs bodies. Arguments: BODY_FILE ONCE|AGAIN [TOKENS_OUT]
-- BODY_FILE holds one body a line. AGAIN goes round and round; ONCE stops after the last.
-- TOKENS_OUT collects the "token" of every answer, one a line.
local bodies, at, again, stopped, out = {}, 0, false, false, nil

function init(args)
  for line in io.lines(args[1]) do
    bodies[#bodies + 1] = wrk.format("POST", nil, {["Content-Type"] = "application/json"}, line)
  end
  again = args[2] == "AGAIN"
  if args[3] then
    out = io.open(args[3], "w")
    function response(status, headers, body)
      local token = body:match('"token"%s*:%s*"([^"]+)"')
      if token then out:write(token, "\n") end
    end
  end
end

function request()
  at = at + 1
  if at > #bodies then
    at = again and 1 or #bodies
    if not again and not stopped then
      stopped = true
      wrk.thread:stop()
      io.popen("kill -INT $PPID"):close()  -- or wrk would report only when its duration is over
    end
  end
  return bodies[at]
end
