/// The page's style sheet: light and dark by the reader's preference, one column on a phone, ink on white in print.
enum TearsheetStyle {
  static let sheet: StaticString = """
    :root{--bg:#fff;--fg:#16202c;--mut:#5b6775;--line:#d9dfe6;--soft:#f4f6f8;--s1:#1f5fbf;--s1a:#1f5fbf22;--s2:#b3702a;\
    --up:#1b7f4b;--dn:#c0362c;--warn:#8a5a00;--warnbg:#fff6df;--syn:#9b1c6b;--wm:#9b1c6b1f;color-scheme:light dark}
    @media (prefers-color-scheme:dark){:root{--bg:#11161c;--fg:#e4e9ef;--mut:#98a4b3;--line:#2b3541;--soft:#1a212a;\
    --s1:#6aa5ff;--s1a:#6aa5ff26;--s2:#e0a458;--up:#4cc38a;--dn:#ff7b6e;--warn:#f0c36d;--warnbg:#2c2412;--syn:#ff8fd0;\
    --wm:#ff8fd024}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Helvetica Neue",Arial,"DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
    main{max-width:1180px;margin:0 auto;padding:20px}
    header{border-bottom:3px solid var(--fg);padding-bottom:12px}
    h1{font-size:24px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
    h2{font-size:15px;margin:26px 0 8px;padding-bottom:4px;border-bottom:1px solid var(--line)}
    h3{font-size:12px;margin:14px 0 3px;text-transform:uppercase;letter-spacing:.05em;color:var(--mut)}
    p{margin:4px 0}
    .sub{color:var(--mut)}
    .mode{display:inline-block;border:1px solid var(--fg);border-radius:3px;padding:0 7px;font-size:12px;font-weight:600;\
    text-transform:uppercase;letter-spacing:.06em;vertical-align:middle}
    .live{background:var(--dn);border-color:var(--dn);color:#fff}
    .syn{border:2px solid var(--syn);color:var(--syn);font-weight:700;padding:8px 12px;margin:12px 0;text-align:center;\
    letter-spacing:.04em}
    .syc{color:var(--syn);font-weight:700}
    .note{background:var(--warnbg);border-left:4px solid var(--warn);padding:6px 12px;margin:10px 0}
    .note ul{margin:0;padding-left:18px}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:1px;background:var(--line);\
    border:1px solid var(--line);margin:14px 0}
    .tile{background:var(--bg);padding:9px 12px}
    .tile b{display:block;font-size:20px;line-height:1.25;font-variant-numeric:tabular-nums;white-space:nowrap}
    .tile span{display:block;font-size:12px;color:var(--mut)}
    .cols{display:grid;grid-template-columns:minmax(0,1fr) 350px;gap:0 32px}
    figure{margin:0 0 16px}
    figcaption{font-weight:600;font-size:13px;margin-bottom:3px}
    figcaption small,.key{font-weight:400;font-size:12px;color:var(--mut)}
    .key i{display:inline-block;width:14px;height:3px;vertical-align:middle;margin:0 4px 0 10px}
    .k1{background:var(--s1)}.k2{background:var(--s2)}
    svg{display:block;width:100%;height:auto}
    svg text{font-size:11.5px;fill:var(--mut)}
    svg .wm{font-size:64px;font-weight:700;letter-spacing:8px;fill:var(--wm)}
    .gr{stroke:var(--line);stroke-width:1}.ax{stroke:var(--mut);stroke-width:1}
    .s1,.s2{fill:none;stroke-width:1.5;stroke-linejoin:round}.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}
    .dd{fill:none;stroke:var(--dn);stroke-width:1.2;stroke-linejoin:round}.dda{fill:var(--dn);fill-opacity:.18}
    .s1a{fill:var(--s1a)}
    .f1{fill:var(--s1)}.f2{fill:var(--s2)}.up{fill:var(--up)}.dn{fill:var(--dn)}
    .bd{fill:var(--dn);fill-opacity:.13}svg .bl{fill:var(--dn);font-weight:700}
    .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 32px;margin-top:8px}
    .half{max-width:720px}
    .wide{overflow-x:auto;margin-bottom:14px}
    .many{min-width:700px}.most{min-width:980px}
    .n+td:not(.n),.n+th:not(.n){padding-left:12px}
    table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}
    caption{text-align:left;font-weight:600;font-size:13px;padding:0 0 4px}
    th,td{text-align:left;padding:3px 8px 3px 0;border-bottom:1px solid var(--line);vertical-align:top}
    th{font-weight:600;color:var(--mut);font-size:12px}
    td:last-child,th:last-child{padding-right:0}
    .n{text-align:right;white-space:nowrap}
    .t{white-space:nowrap}
    .pos{color:var(--up)}.neg{color:var(--dn)}
    .m td:first-child{color:var(--mut)}
    abbr{text-decoration:none;cursor:help}
    .heat td,.heat th{text-align:right;padding:3px 5px;border:1px solid var(--bg)}
    .heat tr>:first-child{text-align:left;padding-left:0}
    .p1{background:#1b7f4b22}.p2{background:#1b7f4b48}.p3{background:#1b7f4b78}.p4{background:#1b7f4bb0}
    .q1{background:#c0362c22}.q2{background:#c0362c48}.q3{background:#c0362c78}.q4{background:#c0362cb0}
    section{margin-bottom:18px}
    code{font:12px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    footer{border-top:1px solid var(--line);margin-top:24px;padding-top:8px;color:var(--mut);font-size:12px}
    @media (max-width:860px){.cols,.pair{display:block}main{padding:14px}}
    @media (max-width:520px){svg text{font-size:19px}svg .wm{font-size:72px}.tile b{font-size:18px}h1{font-size:20px}\
    .tiles{grid-template-columns:repeat(2,1fr)}}
    @media print{:root{--bg:#fff;--fg:#000;--mut:#444;--line:#ccc;--soft:#f4f6f8;--s1:#1f5fbf;--s1a:#1f5fbf22;--s2:#b3702a;\
    --up:#1b7f4b;--dn:#c0362c;--warn:#8a5a00;--warnbg:#fff6df;--syn:#9b1c6b;--wm:#9b1c6b1f;color-scheme:light}
    @page{size:A4;margin:12mm}body{font-size:10px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
    main{max-width:none;padding:0}.cols{display:grid;grid-template-columns:minmax(0,1fr) 215px;gap:0 18px}.pair{display:grid;gap:0 18px}\
    .half{max-width:430px}.many,.most{min-width:0}
    table{font-size:9px}caption,figcaption{font-size:10px}th,figcaption small,.key,.tile span{font-size:8.5px}h1{font-size:18px}\
    h2{font-size:12px;margin:14px 0 5px}h3{font-size:9px;margin:8px 0 2px}.tile b{font-size:14px}.tile{padding:5px 8px}\
    .tiles{grid-template-columns:repeat(8,1fr)}th,td{padding:1.5px 5px 1.5px 0}svg text{font-size:13px}.wide{overflow:visible}
    figure,.tile,tr,.keep{break-inside:avoid}h2,h3,caption{break-after:avoid}thead{display:table-header-group}}
    """
}
