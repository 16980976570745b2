-- Asks `signet gate` about a request, for HAProxy 2.6 or newer:
--
--   http-request set-var(txn.gate) str(http://127.0.0.1:9191/v1/forward_auth/ROUTE)
--   http-request lua.gate
--
-- Sets txn.gate_status (200 lets in; 503 when the gate does not answer), txn.gate_challenge and
-- txn.gate_subject. What the client sent goes along as it came, so that the gate sees every
-- Authorization header and every header that pretends to be one of its own.
local names = { "authorization", "cookie" }

local function relevant(name)
  if string.match(name, "^x[^%w]auth[^%w]") then return true end
  for _, wanted in ipairs(names) do
    if name == wanted then return true end
  end
  return false
end

core.register_action("gate", { "http-req" }, function(txn)
  local headers = { ["x-forwarded-uri"] = { txn.sf:url() } }
  for name, values in pairs(txn.http:req_get_headers()) do
    if relevant(name) then
      headers[name] = {}
      for index, value in pairs(values) do
        headers[name][index + 1] = value
      end
    end
  end
  local reply = core.httpclient():get({ url = txn:get_var("txn.gate"), headers = headers,
                                        timeout = 1000 })
  local status = reply and tonumber(reply.status) or 503
  if status < 200 or status == 429 or status > 403 then status = 503 end
  txn:set_var("txn.gate_status", status)
  local function first(name)
    local values = reply and reply.headers and reply.headers[name]
    return values and values[0] or ""
  end
  txn:set_var("txn.gate_challenge", first("www-authenticate"))
  txn:set_var("txn.gate_subject", first("x-auth-subject"))
end)
