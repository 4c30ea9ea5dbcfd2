"""A session from Python, by the C API: signs in with a password, then has a valid token whenever one is asked for.

    printf %s "$PASSWORD" | python3 ctypes_example.py SESSION USERNAME issuer=https://as.example client-id=app
"""
import ctypes
import sys

library = ctypes.CDLL("liboauth_token_c.so.0")
Handle = ctypes.c_void_p


def get(name, *arguments, returns=ctypes.c_char_p):
    function = getattr(library, f"oauth_token_{name}")
    function.restype = returns
    return function(*arguments)


def call(name, *arguments):
    """The handle that the function returns, or 0; ends with the library's own words where it failed."""
    error = Handle()
    result = get(name, *arguments, ctypes.byref(error), returns=ctypes.c_ssize_t)
    if error:
        print(get("error_message", error).decode(), get("error_hint", error).decode(), file=sys.stderr)
        sys.exit(get("error_exit_status", error, returns=ctypes.c_int))
    return Handle(result)


session_name, username, *choices = (word.encode() for word in sys.argv[1:])
settings = Handle(get("settings_new", returns=Handle))
for choice in choices:
    call("settings_set", settings, *choice.split(b"=", 1))
request = Handle(get("request_new", b"password", returns=Handle))
call("request_add", request, b"username", username)
sign_in = call("sign_in_prepare", settings, session_name, request, 1, None)  # fails before a password is asked for
password = sys.stdin.buffer.read()
call("request_add_secret", request, b"password", password, ctypes.c_size_t(len(password)))
call("sign_in_request", sign_in, request, None)

session = call("session_open", settings, session_name)  # and in any process, whenever a token is needed:
token = call("session_token", session, ctypes.c_int64(-1), 0, None)
print(get("token_type", token).decode(), len(get("token_access_token", token, None)))
