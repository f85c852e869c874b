r"""Pieces of patterns that several dialects share.

U+FF5C is the full-width bar of DeepSeek's tokens; U+2581 stands for the blank in them, and the
distilled models write that blank as ``_``, ``\_`` or a blank (llama.cpp common/chat.cpp).
"""

BAR = r"[\uff5c|]"
GAP = r"(?:▁|_|\\_| )"
NAMESPACE = r"(?:[\w-]{1,40}:|\uff5cDSML\uff5c)?"
#: Names of tags that wrap calls: Hermes, Jamba, Granite 20B, Glaive, LongCat, Cherry Studio, Gemma.
WRAPPER_TAGS = r"tools?|tool_?calls?|function_?calls?|tool_use|tool_request|call|longcat_tool_call"
DEEPSEEK_OPEN = rf"<{BAR}tool{GAP}calls?(?:{GAP}begin)?{BAR}>"
DEEPSEEK_END = rf"<{BAR}tool{GAP}calls?{GAP}end{BAR}>"
DEEPSEEK_SEPARATOR = rf"<{BAR}tool{GAP}sep{BAR}>"
