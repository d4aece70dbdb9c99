/** Where the guide's drill will stand, this is `test/drills/stack.ts`. */
export { drill, twin } from '../drills/stack.ts'
