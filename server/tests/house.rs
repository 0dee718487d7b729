//! The house rules that a machine can hold: who may import whom, how files look, which words never appear, which
//! calls are banned. Each rule shows that it catches an offender.

#[cfg(test)]
mod house {
    mod bans;
    mod deps;
    mod docs;
    mod law;
    mod pages;
    mod project;
    mod shape;
    mod sql;
    mod words;
}
