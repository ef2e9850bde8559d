"""Edits of the toy scenario, each of which is one mistake."""

from __future__ import annotations

from typing import NamedTuple

TOML, ACTORS, GOODS = "scenario.toml", "actors.csv", "goods.csv"
QUANT, SOURCES, FIGURES = "quantities.csv", "sources.csv", "figures.csv"
SERIES, EVENTS = "series.csv", "events.csv"
ASSUMED = "assumed,2022-02,F6,assumed,because"


class Case(NamedTuple):
    """One edit of a good scenario: in `file`, `old` becomes `new`; the mistake stands in the
    line with `mark` (or in the line of that number) and its text holds `word`."""

    name: str
    file: str
    old: str
    new: str
    mark: str | int
    word: str
    also: int = 0  # further mistakes that the same edit causes rightly


CASES = (
    Case("unknown-unit", QUANT, "2000,4000,tube_round/day", "2000,4000,tube_roud/day", "tube_roud",
         "mean tube_round"),
    Case("wrong-unit", QUANT, "0,10,20,tank/month", "0,10,20,tube_round/month", "make-tanks",
         "tank/month"),
    Case("untagged-rounds", QUANT, "2e6,tube_round,", "2e6,round,", "shells-all",
         "rounds of one kind"),
    Case("unit-not-a-rate", QUANT, "0,10,20,tank/month", "0,10,20,tank", "make-tanks",
         "tank/month"),
    Case("unit-expression", QUANT, "0,10,20,tank/month", "0,10,20,tank**9**9**9**9",
         "make-tanks", "Write names joined"),
    Case("unit-call", QUANT, "0,10,20,tank/month", "0,10,20,__import__('os')", "make-tanks",
         "Write names joined"),
    Case("no-unit", QUANT, "0,10,20,tank/month", "0,10,20,", "make-tanks", "Give the unit"),
    Case("unknown-actor", QUANT, "tanks-aab,opening.stock,AAB", "tanks-aab,opening.stock,ABB",
         "tanks-aab", "AAB", 1),
    Case("unknown-good", QUANT, "AAA,,tank,store", "AAA,,tnak,store", "tanks-aaa", "tank", 1),
    Case("unknown-stage", QUANT, "AAA,,tank,store", "AAA,,tank,stor", "tanks-aaa", "store"),
    Case("account-not-held", QUANT, "tanks-aab,opening.stock,AAB", "tanks-aab,opening.stock,AAC",
         "tanks-aab", "no such account"),
    Case("unknown-parameter", QUANT, "lose.share", "lose.shar", "lose.shar", "lose.share", 1),
    Case("law-not-on", QUANT, "make-tanks,make.rate", "make-tanks,mood.rate", "make-tanks",
         "Add 'mood' to laws", 1),
    Case("no-source", QUANT, "triangular,example2022,2022-02,B3,reported,\ntanks-aab",
         "triangular,,2022-02,B3,reported,\ntanks-aab", "tanks-aaa", "Fill the cell"),
    Case("unlisted-source", QUANT, "700,tank,triangular,example2022",
         "700,tank,triangular,exmple2022", "tanks-aab", "example2022"),
    Case("duplicate-id", QUANT, "tanks-aab,", "tanks-aaa,", "AAB,,tank", "own id"),
    Case("low-above-high", QUANT, "0.5e6,1e6,2e6", "5e6,,2e6", "shells-all", "low <= central"),
    Case("central-above-high", QUANT, "900,1000,1200", "900,1300,1200", "tanks-aaa",
         "low <= central"),
    Case("nan", QUANT, "900,1000,1200", "900,nan,1200", "tanks-aaa", "finite"),
    Case("infinite", QUANT, "900,1000,1200", "900,1000,inf", "tanks-aaa", "finite"),
    Case("huge", QUANT, "900,1000,1200", "900,1000,1e999", "tanks-aaa", "finite"),
    Case("thousands", QUANT, "900,1000,1200", '900,1000,"1,200"', "tanks-aaa",
         "thousands separator"),
    Case("underscores", QUANT, "900,1000,1200", "900,1000,1_200", "tanks-aaa", "plain number"),
    Case("no-number", QUANT, "900,1000,1200", "900,about 1000,1200", "tanks-aaa", "plain number"),
    Case("negative-stock", QUANT, "900,1000,1200", "-900,1000,1200", "tanks-aaa", "0 or more"),
    Case("loguniform-zero", QUANT, "0.5e6,1e6,2e6", "0,1e6,2e6", "shells-all", "above 0"),
    Case("no-central", QUANT, ",,20,,USD_bn", ",10,,20,USD_bn", "cash-all", "needs central"),
    Case("distribution", QUANT, "tube_round,loguniform", "tube_round,log-uniform", "shells-all",
         "loguniform"),
    Case("bad-month", QUANT, ",2022-01,100e3", ",2022-13,100e3", "make-aaa-early", "YYYY-MM"),
    Case("month-of-constant", QUANT, "shell,store,,,", "shell,store,,2022-01,", "shells-all",
         "Leave month empty"),
    Case("month-of-plain", QUANT, "lose-any,lose.share,,,,,,", "lose-any,lose.share,,,,,,2022-01",
         "lose-any", "Leave month empty"),
    Case("bad-date", QUANT, "triangular,example2022,2022-02,B3,reported,\ntanks-aab",
         "triangular,example2022,2022-02-30,B3,reported,\ntanks-aab", "tanks-aaa", "YYYY-MM-DD"),
    Case("grade", QUANT, "2022-02,B3,reported,\ntanks-aab", "2022-02,G3,reported,\ntanks-aab",
         "tanks-aaa", "Admiralty"),
    Case("status", QUANT, "2022-02,B3,reported,\ntanks-aab", "2022-02,B3,rumoured,\ntanks-aab",
         "tanks-aaa", "one of confirmed"),
    Case("assumed-without-note", QUANT, "no count was published; a factor of two to each side", "",
         "shells-all", "Say in note"),
    Case("assumed-but-reported", QUANT, "F6,assumed,no count", "F6,reported,no count",
         "shells-all", "status assumed"),
    Case("same-selectors", QUANT, "noise,lose.noise", "share2,lose.share,,,,,,,2,4,8,"
         f"percent/month,loguniform,{ASSUMED}\nnoise,lose.noise", "share2", "Keep one"),
    Case("equally-specific", QUANT, "ask-other,supply.ask,*,*,shell", "ask-other,supply.ask,AAC,*,"
         "shell", "ask-other", "Name more labels"),
    Case("fills-nothing", QUANT, "noise,lose.noise", "idle,make.rate,*,,*,,,,1,2,3,tank/month,pert,"
         f"{ASSUMED}\nnoise,lose.noise", "idle", "take the row out"),
    Case("no-quantity", QUANT, "price,supply.price,,,shell,,,,500,1000,3000,USD/tube_round,pert,"
         "assumed,2022-02,F6,assumed,between old stock and new make\n", "", 0, "supply.price"),
    Case("too-many-cells", QUANT, "B3,reported,\ntanks-aab", "B3,reported,,x\ntanks-aab",
         "tanks-aaa", "double quotes"),
    Case("late-comment", QUANT, "tanks-aab,", "# a comment\ntanks-aab,", "# a comment",
         "top of the file"),
    Case("open-quote", QUANT, "no count was published;", '"no count was published;', "shells-all",
         "Close every quote"),
    Case("wrong-header", QUANT, "id,parameter,actor", "id,paramater,actor", "paramater",
         "parameter", 1),
    Case("header-twice", QUANT, "id,parameter,actor", "id,parameter,actor,actor", "id,parameter",
         "Keep one"),
    Case("stage-of-a-rate", QUANT, "make-tanks,make.rate,*,,tank,,", "make-tanks,make.rate,*,,tank,"
         "store,", "make-tanks", "Only opening.stock"),
    Case("partner-of-a-rate", QUANT, "make-tanks,make.rate,*,,tank", "make-tanks,make.rate,*,AAB,"
         "tank", "make-tanks", "Leave it empty"),
    Case("actor-code", ACTORS, "AAB,Second", "aab,Second", "Second", "three-letter", 3),
    Case("actor-kind", ACTORS, "AAC,Supplier,state", "AAC,Supplier,firm", "AAC", "one of state"),
    Case("actor-twice", ACTORS, "AAC,Supplier,state,example", "AAC,Supplier,state,example\n"
         "AAC,Again,state,", "Again", "Keep one"),
    Case("coordinates", ACTORS, "code,name,kind,note", "code,name,kind,latitude", "latitude",
         "note"),
    Case("unknown-holders", GOODS, "store,belligerent", "store,beligerent", "beligerent",
         "belligerent", 2),
    Case("two-units", GOODS, "cash,USD_m,,actor,money for arms", "cash,USD_m,,actor,money\n"
         "shell,kt,lost,actor,", "shell,kt", "one unit", 0),
    Case("unit-of-time", GOODS, "tank,tank,store", "tank,month,store", "tank,month", "is counted",
         4),
    Case("source-date", SOURCES, "2022-02,,replace", "spring,,replace", "example2022", "YYYY"),
    Case("source-link", SOURCES, "2022-02,,replace", "2022-02,javascript:x,replace", "example2022",
         "https://"),
    Case("figure-actor", FIGURES, "tanks-seen,AAA", "tanks-seen,AAZ", "tanks-seen", "AAA"),
    Case("figure-months", FIGURES, "2022-01,2022-06", "2022-07,2022-06", "tanks-seen", "earlier"),
    Case("figure-measure", FIGURES, "tank,seen_lost", "tank,loss", "tanks-seen", "lost"),
    Case("figure-unit", FIGURES, ",tank,counted", ",tube_round,counted", "tanks-seen", "tank"),
    Case("figure-stage", FIGURES, "tank,seen_lost,,", "tank,seen_lost,stor,", "tanks-seen",
         "store"),
    Case("series-unknown", SERIES, "supply.recorded", "supply.record", "supply.record,",
         "supply.recorded"),
    Case("series-early", SERIES, "2022-03,12000", "2021-12,12000", "12000", "before the start"),
    Case("series-twice", SERIES, "supply.recorded,AAC,AAA,shell,2022-03,12000",
         "supply.recorded,AAC,AAA,shell,2022-03,11000,tube_round/month,example2022,2022-06,C3,"
         "reported\nsupply.recorded,AAC,AAA,shell,2022-03,12000", "12000", "Keep one", 1),
    Case("event-actor", EVENTS, "AAA;AAC", "AAA;AAX", "summit", "AAA"),
    Case("toml-syntax", TOML, "schema = 1", "schema = = 1", "schema", "key = value"),
    Case("toml-key-twice", TOML, 'id = "my', 'id = "a"\nid = "my', 'id = "my', "once"),
    Case("toml-unknown-key", TOML, "caution =", "cautoin =", "cautoin", "caution", 1),
    Case("toml-schema", TOML, "schema = 1", "schema = 2", "schema", "one of 1"),
    Case("toml-start", TOML, 'start = "2022-01"', 'start = "2022-1"', "start =", "YYYY-MM"),
    Case("toml-as-of", TOML, "as_of = 2022-06-30", 'as_of = "2022-06-30"', "as_of",
         "without quotes"),
    Case("toml-horizon", TOML, '"2023-12"', '"2021-12"', "horizon =", "later", 1),
    Case("horizon-too-long", TOML, '"2023-12"', '"9999-12"', "horizon =", "At most"),
    Case("path-as-id", TOML, 'id = "my_scenario"', 'id = "../../evil"', "evil", "lower case"),
    Case("unknown-law", TOML, '"lose", ', '"loose", ', "laws =", "lose", 2),
    Case("law-twice", TOML, '"lose", ', '"lose", "lose", ', "laws =", "once"),
    Case("law-lacks-variable", TOML, '"lose", ', "", "laws =", "reads tempo", 5),
    Case("cycle", TOML, 'members = ["tank"]', 'members = ["@arms"]', '["@arms"]', "circle"),
    Case("unknown-set", TOML, '["@equipment", "@ammunition"]', '["@equipmet", "@ammunition"]',
         "@equipmet", "equipment"),
    Case("member-unknown", TOML, 'members = ["AAC"]', 'members = ["ACC"]', '["ACC"]', "AAC", 2),
    Case("set-missing", TOML, "[sets.ammunition]", "[sets.amunition]", "laws =", "ammunition",
         2),
    Case("mixed-axes", TOML, '["@equipment", "@ammunition"]', '["@supplier"]', "@supplier",
         "same axis"),
    Case("lever-parameter", TOML, '"supply.permit"', '"supply.permits"', "supply.permits",
         "supply.permit"),
    Case("lever-label", TOML, 'actor = "AAA"\ngood = "shell"', 'actor = "AAC"\ngood = "shell"',
         'actor = "AAC"\ngood', "AAA"),
    Case("lever-month", TOML, 'from = "2023-01"', 'from = "2024-01"', '"2024-01"', "2023-12"),
    Case("lever-month-of-plain", TOML, "value = 0.0", 'value = 0.0\nfrom = "2022-05"',
         'from = "2022-05"', "Leave it out"),
    Case("lever-both", TOML, "value = 0.0", "value = 0.0\nfactor = 1.0", "value = 0.0", "one of"),
    Case("lever-nan", TOML, "value = 0.0", "value = nan", "value = nan", "finite"),
    Case("lever-twice", TOML, 'id = "more_shells"', 'id = "no_supply"', 'id = "no_supply"\nsays = '
         '"AAA', "own id"),
    Case("outcome-set", TOML, 'dims = ["belligerent", "arms"]', 'dims = ["belligerents", "arms"]',
         'dims = ["belligerents', "belligerent"),
    Case("outcome-law", TOML, 'law = "supply"', 'law = "suply"', '"suply"', "supply"),
    Case("outcome-stage", TOML, 'stages = ["store"]', 'stages = ["stor"]', '"stor"', "store"),
    Case("outcome-variable", TOML, 'name = "tempo"', 'name = "temper"', '"temper"', "tempo"),
    Case("outcome-reduce", TOML, 'reduce = "sum"\n', "", '[[outcome]]\nid = "shipped"',
         "sum, mean or last"),
    Case("outcome-kind", TOML, 'kind = "stock"', 'kind = "heap"', '"heap"', "one of stock"),
)
